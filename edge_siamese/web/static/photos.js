// The views "Compare" and "Who is it?": takes photos by drop, paste, choice or camera, asks the server, shows the answer.

import { element, rejection, request } from "./api.js";
import { takePhoto } from "./camera.js";
import { counters } from "./counters.js";
import * as verdict from "./verdict.js";

const views = { compare: view("compare", "/api/v1/verify"), who: view("who", "/api/v1/identify") };
let facts = null;
let current = null;

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  if (current) take(current, event.dataTransfer.files, event.target.closest?.(".slot"));
});
addEventListener("paste", (event) => {
  if (current) take(current, event.clipboardData.files);
});
addEventListener("hashchange", () => { current = null; });

export function use(about) {
  facts = about;
  document.getElementById("who-rate").textContent = about.words.identify ? `With its limit, ${about.words.identify}.` : "";
}

export function show(name) {
  current = views[name];
  if (name === "who" && !facts.gallery) {
    current.answer.replaceChildren(element("p", "notice", "There is no gallery to search: start 'edge-siamese preview' with --gallery G.esg."));
  } else ask(current);
  if (name === "who") count();
}

function view(name, address) {
  const section = document.getElementById(`view-${name}`);
  const made = { name, address, slots: [...section.querySelectorAll(".slot")], answer: section.querySelector(".answer"), chosen: new Map(), question: 0 };
  for (const slot of made.slots) furnish(made, slot);
  section.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  return made;
}

function furnish(owner, slot) {
  slot.append(document.getElementById("slot").content.cloneNode(true));
  const title = slot.dataset.title;
  slot.querySelector(".title").textContent = title;
  const [input, remove, capture] = [".drop input", ".remove", ".capture"].map((selector) => slot.querySelector(selector));
  input.setAttribute("aria-label", title);
  input.name = slot.dataset.field;
  remove.setAttribute("aria-label", `Remove the ${title.toLowerCase()}`);
  capture.setAttribute("aria-label", `Camera: take the ${title.toLowerCase()}`);
  input.addEventListener("change", () => take(owner, input.files, slot));
  capture.addEventListener("click", async () => {
    const file = await takePhoto(`${title}.jpg`);
    if (file) take(owner, [file], slot);
  });
  remove.addEventListener("click", () => {
    put(owner, slot, null);
    input.focus();
    ask(owner);
  });
  slot.addEventListener("dragenter", () => slot.classList.add("over"));
  slot.addEventListener("dragleave", (event) => {
    if (!slot.contains(event.relatedTarget)) slot.classList.remove("over");
  });
}

/** Put files into a slot and those after it, or into the first empty ones. */
function take(owner, files, first) {
  for (const slot of owner.slots) slot.classList.remove("over");
  if (files.length === 0) return;
  const empty = owner.slots.filter((slot) => !owner.chosen.has(slot.dataset.field));
  const start = Math.max(owner.slots.indexOf(first ?? empty[0] ?? owner.slots[0]), 0);
  [...files].slice(0, owner.slots.length).forEach((file, index) => put(owner, owner.slots[(start + index) % owner.slots.length], file));
  ask(owner);
}

function put(owner, slot, file) {
  const image = slot.querySelector(".stage img");
  if (image.src) URL.revokeObjectURL(image.src);
  if (file) owner.chosen.set(slot.dataset.field, file);
  else owner.chosen.delete(slot.dataset.field);
  slot.classList.toggle("full", Boolean(file));
  slot.classList.remove("bad");
  slot.querySelector(".empty").hidden = Boolean(file);
  slot.querySelector(".filled").hidden = !file;
  slot.querySelector(".remove").hidden = !file;
  slot.querySelector(".name").textContent = file?.name ?? "";
  slot.querySelector(".stage").hidden = false;
  slot.querySelector(".drop input").value = "";
  verdict.mark(slot, 1, 1, []);
  image.removeAttribute("src");
  if (file) {
    image.onerror = () => { slot.querySelector(".stage").hidden = true; }; // a format that only the server reads
    image.src = URL.createObjectURL(file);
  }
}

/** Ask as soon as every photo is there. */
async function ask(owner) {
  const number = ++owner.question;
  const body = new FormData();
  for (const slot of owner.slots) {
    slot.classList.remove("bad");
    const file = owner.chosen.get(slot.dataset.field);
    if (!file) return owner.answer.replaceChildren();
    if (facts && file.size > facts.max_bytes) {
      const error = `${file.name}: expected at most ${facts.max_bytes / 1e6} MB, found ${(file.size / 1e6).toFixed(1)} MB`;
      return reject(owner, { error, photo: slot.dataset.field });
    }
    body.append(slot.dataset.field, file);
  }
  owner.answer.setAttribute("aria-busy", "true");
  owner.answer.replaceChildren(element("p", "waiting", "One moment …"));
  try {
    const reply = await request(owner.address, { method: "POST", body });
    if (number === owner.question) tell(owner, reply);
  } catch {
    if (number === owner.question) reject(owner, { error: "No answer: is the command still running?" });
  }
}

function tell(owner, reply) {
  if (reply.error) return reject(owner, reply);
  owner.answer.setAttribute("aria-busy", "false");
  if (owner.name === "compare") {
    reply.photos.forEach(({ width, height, box }, index) => verdict.mark(owner.slots[index], width, height, [{ box }]));
    owner.answer.replaceChildren(verdict.comparison(reply));
  } else {
    const { width, height } = reply.photo;
    const boxes = reply.results.filter(({ box }) => box).map(({ box, decision, words }) => ({ box, decision, name: words.title }));
    verdict.mark(owner.slots[0], width, height, boxes);
    owner.answer.replaceChildren(...verdict.identification(reply));
    count();
  }
}

function reject(owner, reply) {
  owner.slots.find((slot) => slot.dataset.field === reply.photo)?.classList.add("bad");
  owner.answer.setAttribute("aria-busy", "false");
  owner.answer.replaceChildren(rejection(reply));
}

async function count() {
  if (!facts.gallery) return;
  const reply = await request("/api/v1/counters");
  document.getElementById("who-counted").hidden = reply.faces === 0;
  document.getElementById("who-counters").replaceChildren(counters(reply));
}
