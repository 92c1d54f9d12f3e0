/* What script adds to pages that work without it. Nothing here is needed to book a room. */

"use strict";

document.documentElement.classList.add("scripted");

const language = document.documentElement.lang || "fi";

/* --- htmx: send the form token with every change of ours ---------------------------------------- */

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb === "get") return;
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (token) event.detail.headers["X-CSRFToken"] = token.value;
});

/* While results are being fetched, say so to those who cannot see them fade. */
document.addEventListener("htmx:beforeRequest", (event) => event.detail.target.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", (event) => event.detail.target.removeAttribute("aria-busy"));

/* A refused form comes back as 409 or 422 with its problems in it: show it like any other answer. */
document.addEventListener("htmx:beforeSwap", (event) => {
  if ([409, 422].includes(event.detail.xhr.status)) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

/* --- Menus close on Escape and on a press elsewhere --------------------------------------------- */

function closeMenus(except) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (menu !== except) menu.open = false;
  });
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement.closest("details.menu[open]");
  closeMenus();
  if (menu) menu.querySelector("summary").focus();
});

/* --- A date field says which weekday it is ------------------------------------------------------ */

const weekday = new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" });

document.addEventListener("input", (event) => {
  const says = event.target.type === "date" && document.getElementById(`${event.target.id}_weekday`);
  if (says) says.textContent = event.target.value ? weekday.format(new Date(event.target.value)) : "";
});

/* --- Dialogs, printing, the first problem ------------------------------------------------------- */

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.opens).showModal();
  }
  if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
  if (event.target.closest("[data-prints]")) window.print();
});

function settle(root) {
  const problems = root.querySelector("[data-focus]");
  if (problems) problems.focus();
}

document.addEventListener("DOMContentLoaded", () => settle(document));
/* Not before htmx hears the buttons of the new part: a key pressed sooner would send the whole form. */
document.addEventListener("htmx:afterSettle", (event) => settle(event.detail.target));
