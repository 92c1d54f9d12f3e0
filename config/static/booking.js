/* What script adds to the search: where the visitor is, and addresses without empty conditions. */

"use strict";

(() => {
  const DECIMALS = 3; // a hundred metres: near enough to sort by, too rough to tell a home

  function offerNearMe() {
    const button = document.querySelector("[data-near-me]");
    if (button && "geolocation" in navigator) button.hidden = false;
  }

  function searchNear(form, where) {
    form.elements.near.value = where;
    form.requestSubmit();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-near-me]");
    if (!button) return;
    if (button.form.elements.near.value) {
      searchNear(button.form, "");
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => searchNear(button.form, `${coords.latitude.toFixed(DECIMALS)},${coords.longitude.toFixed(DECIMALS)}`),
      () => {
        document.getElementById("near-me-says").textContent = button.dataset.denied;
      },
    );
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") return;
    const asked = event.detail.parameters;
    for (const name of Object.keys(asked)) if (asked[name] === "") delete asked[name];
  });

  /* What was found is a heading; those who cannot see it change are told. */
  function tellResult() {
    const found = document.getElementById("found");
    if (found) document.getElementById("search-says").textContent = found.textContent;
  }

  offerNearMe();
  document.addEventListener("htmx:afterSettle", () => {
    offerNearMe();
    tellResult();
  });
})();
