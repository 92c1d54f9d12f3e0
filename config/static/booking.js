/* What script adds to the search: where the visitor is, addresses without empty conditions, and a word
   about what changed beside the field that it is about. */

"use strict";

(() => {
  const DECIMALS = 3; // a hundred metres: near enough to sort by, too rough to tell a home
  const question = document.getElementById("question");
  const nearMe = document.querySelector("[data-near-me]");

  /* --- Near me ------------------------------------------------------------------------------- */

  function searchNear(where) {
    question.elements.near.value = where;
    nearMe.setAttribute("aria-pressed", String(Boolean(where)));
    question.elements.order?.remove(); // the order that fits is the server's to say
    question.requestSubmit();
  }

  nearMe.hidden = !("geolocation" in navigator);
  nearMe.addEventListener("click", () => {
    if (question.elements.near.value) {
      searchNear("");
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => searchNear(`${coords.latitude.toFixed(DECIMALS)},${coords.longitude.toFixed(DECIMALS)}`),
      () => {
        document.getElementById("near-me-says").textContent = nearMe.dataset.denied;
      },
    );
  });

  /* --- What was found, what is wrong ------------------------------------------------------------ */

  document.addEventListener("htmx:configRequest", (event) => {
    const asked = event.detail.parameters;
    for (const name of Object.keys(asked)) if (asked[name] === "") delete asked[name];
  });

  /* The form is never swapped, so that nothing is lost of what is being written in it: its fields are
     marked here by what the list of problems says. */
  function markFields() {
    for (const list of question.querySelectorAll(".errorlist")) list.remove();
    for (const field of question.querySelectorAll(".field-error")) field.classList.remove("field-error");
    for (const control of question.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
    for (const problem of document.querySelectorAll("#search-problems a")) {
      const control = question.querySelector(problem.hash);
      const field = control?.closest(".field");
      if (!field) continue;
      const list = document.createElement("ul");
      list.className = "errorlist";
      list.append(document.createElement("li"));
      list.firstChild.textContent = problem.dataset.message;
      control.setAttribute("aria-invalid", "true");
      field.classList.add("field-error");
      control.before(list);
    }
  }

  /* The number of spaces is a heading; those who cannot see it change are told. */
  function tellResult() {
    document.getElementById("search-says").textContent = document.getElementById("found")?.textContent ?? "";
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "results") return;
    markFields();
    tellResult();
  });
})();
