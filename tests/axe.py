"""Accessibility findings of a page, by axe-core (WCAG 2.2 A and AA)."""

from pathlib import Path

from playwright.sync_api import Page

SOURCE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def findings(page: Page) -> list[str]:
    """Return what is wrong, a line each: the rule and the element. Nothing is what one hopes for."""
    page.evaluate(SOURCE)
    result = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
    return [f"{rule['id']}: {node['html'][:200]}" for rule in result["violations"] for node in rule["nodes"]]
