/* The map beside the list of results. The list is the truth: pins are made from its items, in its order,
   and a mouse over the one lights the other. Keyboard and screen reader use the list. */

"use strict";

/* Make a map in its area, and return what draws the pins. */
function startMap(area) {
  const districts = JSON.parse(document.getElementById("map-districts").textContent) || [];
  const map = L.map(area, { zoomControl: false, scrollWheelZoom: false, attributionControl: false });
  const pins = L.featureGroup().addTo(map);

  L.control.zoom({ position: "topright", zoomInTitle: area.dataset.zoomIn, zoomOutTitle: area.dataset.zoomOut }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);

  if (area.dataset.tiles) {
    L.control.attribution({ prefix: false }).addTo(map);
    L.tileLayer(area.dataset.tiles, { attribution: area.dataset.attribution, maxZoom: 19 }).addTo(map);
  } else {
    drawDistricts();
  }

  /* Without tiles the districts' names say where one is: quiet words on a plain ground. A name that would
     lie on a pin or on another name waits for a closer look. */
  function drawDistricts() {
    const labels = L.layerGroup().addTo(map);
    const redraw = () => {
      labels.clearLayers();
      const taken = pins.getLayers().map((pin) => ({ ...map.latLngToContainerPoint(pin.getLatLng()), half: 14 }));
      for (const { name, lat, lon } of districts) {
        const at = map.latLngToContainerPoint([lat, lon]);
        const half = name.length * 4 + 6;
        if (taken.some((other) => Math.abs(other.x - at.x) < other.half + half && Math.abs(other.y - at.y) < 24)) continue;
        taken.push({ x: at.x, y: at.y, half });
        const icon = L.divIcon({ className: "map-district", html: escape(name), iconSize: [half * 2, 18] });
        L.marker([lat, lon], { icon, interactive: false, keyboard: false, zIndexOffset: -1000 }).addTo(labels);
      }
    };
    map.on("zoomend moveend resize", redraw);
  }

  function escape(text) {
    const holder = document.createElement("span");
    holder.textContent = text;
    return holder.innerHTML;
  }

  function light(item, pin, on) {
    item.classList.toggle("is-lit", on);
    pin.getElement()?.classList.toggle("is-lit", on);
    pin.setZIndexOffset(on ? 1000 : 0);
  }

  function drawPin(item) {
    const { lat, lon, number } = item.dataset;
    const near = "near" in item.dataset;
    const icon = L.divIcon({ className: `map-pin${near ? " map-pin-near" : ""}`, html: number, iconSize: [28, 28] });
    const pin = L.marker([lat, lon], { icon, keyboard: false, title: item.querySelector("h3").textContent.trim() });
    pin.on("mouseover", () => light(item, pin, true));
    pin.on("mouseout", () => light(item, pin, false));
    pin.on("click", () => {
      item.scrollIntoView({ block: "center" });
      item.querySelector("a").focus();
    });
    for (const name of ["mouseenter", "focusin"]) item.addEventListener(name, () => light(item, pin, true));
    for (const name of ["mouseleave", "focusout"]) item.addEventListener(name, () => light(item, pin, false));
    pins.addLayer(pin);
  }

  function draw() {
    pins.clearLayers();
    document.querySelectorAll("[data-lat]").forEach(drawPin);
    const bounds = pins.getLayers().length ? pins.getBounds() : L.latLngBounds(districts.map(({ lat, lon }) => [lat, lon]));
    if (bounds.isValid()) map.fitBounds(bounds, { padding: [32, 32], maxZoom: 13, animate: false });
  }

  new ResizeObserver(() => map.invalidateSize()).observe(area);
  return draw;
}

/* htmx keeps the map's area while results change; where there were none, a new one has come. */
(() => {
  let area, draw;

  function show() {
    const there = document.getElementById("map");
    if (!there || !window.L) return;
    if (there !== area) draw = startMap(there);
    area = there;
    draw();
  }

  show();
  document.addEventListener("htmx:afterSettle", show);
})();
