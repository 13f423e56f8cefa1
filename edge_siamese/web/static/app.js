// The page: switches between its views and starts each when it is shown.

import { element, request, session } from "./api.js";
import * as enroll from "./enroll.js";
import * as live from "./live.js";
import * as people from "./people.js";
import * as photos from "./photos.js";

const VIEWS = ["live", "compare", "who", "people", "enroll"];
const links = [...document.querySelectorAll("nav a")];
const begin = { live: live.begin, compare: () => photos.show("compare"), who: () => photos.show("who"), people: people.begin, enroll: enroll.begin };
const end = { live: live.end };
let facts = null;
let shown = "";

document.getElementById("logout").addEventListener("click", async () => {
  await request("/api/v1/session", { method: "DELETE" });
  location.assign("/login");
});
addEventListener("hashchange", () => show(true));
start();

async function start() {
  try {
    const { login_required: required } = await session();
    if (required) return location.assign("/login");
    facts = await request("/api/v1/about");
  } catch {
    document.getElementById("about").append(element("p", "rejection", "No answer: is the command still running?"));
    return;
  }
  document.querySelector("[data-view=live]").hidden = !facts.live;
  document.getElementById("logout").hidden = !facts.login;
  document.getElementById("compare-rate").textContent = `With its limit, ${facts.words.compare}.`;
  photos.use(facts);
  people.use(facts);
  enroll.use(facts);
  about();
  show(false);
}

function show(moved) {
  const wanted = location.hash.slice(1);
  const view = VIEWS.includes(wanted) && (wanted !== "live" || facts.live) ? wanted : facts.live ? "live" : "compare";
  if (view === shown) return;
  end[shown]?.();
  shown = view;
  for (const name of VIEWS) document.getElementById(`view-${name}`).hidden = name !== view;
  for (const link of links) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = document.querySelector(`#view-${view} h1`).textContent;
  document.title = `${title} - edge-siamese`;
  if (moved) document.getElementById("content").focus({ preventScroll: true });
  begin[view]();
}

function about() {
  const license = element("p");
  if (facts.research_only) license.append("The models that are shipped are for research and evaluation only, not for commercial use: ");
  license.append(Object.assign(element("a", "", facts.research_only ? "license" : `License of the model: ${facts.license}`), { href: "/license" }), ".");
  const more = element("p");
  more.append("For programs: ", Object.assign(element("a", "", "the API"), { href: "/docs" }), ".");
  document.getElementById("about").replaceChildren(
    license,
    element("p", "", "This is no protection against photos and screens that are held in front of a camera. Do not open doors with it."),
    element("p", "", `edge-siamese ${facts.version}, ${facts.embedder} (${facts.model.embedder.slice(0, 12)}), ${facts.delegate}.`),
    more,
  );
}
