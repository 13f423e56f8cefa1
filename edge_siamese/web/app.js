// What the page does: takes photos by drop, paste or choice, asks the server, hands the answer to the view.

import * as view from "./view.js";

const TITLES = { verify: "Is it the same person?", identify: "Who is it?" };
const form = document.getElementById("photos");
const answer = document.getElementById("answer");
const token = new URLSearchParams(location.search).get("token");
const slots = [...form.querySelectorAll(".slot")];
const chosen = new Map(); // field -> File
let mode = "verify";
let facts = null;
let question = 0; // number of the latest question: answers to earlier ones are not shown

for (const slot of slots) furnish(slot);
for (const radio of document.querySelectorAll("input[name=mode]")) {
  radio.addEventListener("change", () => switchTo(radio.value));
}
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  take(event.dataTransfer.files, event.target.closest?.(".slot"));
});
addEventListener("paste", (event) => take(event.clipboardData.files));
switchTo(document.querySelector("input[name=mode]:checked").value);
introduce();

function furnish(slot) {
  slot.append(document.getElementById("slot").content.cloneNode(true));
  slot.querySelector(".title").textContent = slot.dataset.title;
  const [input, remove] = [slot.querySelector("input"), slot.querySelector(".remove")];
  input.setAttribute("aria-label", slot.dataset.title);
  input.name = slot.dataset.field;
  remove.setAttribute("aria-label", `Remove the ${slot.dataset.title.toLowerCase()}`);
  input.addEventListener("change", () => take(input.files, slot));
  remove.addEventListener("click", () => {
    put(slot, null);
    input.focus();
    ask();
  });
  slot.addEventListener("dragenter", () => slot.classList.add("over"));
  slot.addEventListener("dragleave", (event) => {
    if (!slot.contains(event.relatedTarget)) slot.classList.remove("over");
  });
}

/** Put files into a slot and those after it, or into the first empty ones. */
function take(files, first) {
  for (const slot of slots) slot.classList.remove("over");
  if (files.length === 0) return;
  const shown = slots.filter((slot) => slot.dataset.of === mode);
  const empty = shown.filter((slot) => !chosen.has(slot.dataset.field));
  const start = Math.max(shown.indexOf(first ?? empty[0] ?? shown[0]), 0);
  [...files].slice(0, shown.length).forEach((file, index) => put(shown[(start + index) % shown.length], file));
  ask();
}

function put(slot, file) {
  const image = slot.querySelector("img");
  if (image.src) URL.revokeObjectURL(image.src);
  if (file) chosen.set(slot.dataset.field, file);
  else chosen.delete(slot.dataset.field);
  slot.classList.toggle("full", Boolean(file));
  slot.classList.remove("bad");
  slot.querySelector(".empty").hidden = Boolean(file);
  slot.querySelector(".filled").hidden = !file;
  slot.querySelector(".remove").hidden = !file;
  slot.querySelector(".name").textContent = file?.name ?? "";
  slot.querySelector(".stage").hidden = false;
  slot.querySelector("input").value = "";
  view.mark(slot, 1, 1, []);
  image.removeAttribute("src");
  if (file) {
    image.onerror = () => { slot.querySelector(".stage").hidden = true; }; // a format that only the server reads
    image.src = URL.createObjectURL(file);
  }
}

function switchTo(wanted) {
  mode = wanted;
  form.dataset.mode = mode;
  document.querySelector("h1").textContent = TITLES[mode];
  for (const slot of slots) slot.hidden = slot.dataset.of !== mode;
  ask();
}

/** Ask as soon as every photo is there. */
async function ask() {
  const number = ++question;
  const shown = slots.filter((slot) => slot.dataset.of === mode);
  if (mode === "identify" && facts && !facts.gallery) {
    view.sentence(answer, "notice", "There is no gallery to look in: start 'edge-siamese preview' with --gallery G.esg.");
    return;
  }
  const body = new FormData();
  for (const slot of shown) {
    slot.classList.remove("bad");
    const file = chosen.get(slot.dataset.field);
    if (!file) return answer.replaceChildren();
    if (facts && file.size > facts.max_bytes) return refuse(`${file.name}: expected at most ${facts.max_bytes / 1e6} MB, found ${(file.size / 1e6).toFixed(1)} MB`, slot.dataset.field);
    body.append(slot.dataset.field, file);
  }
  view.waiting(answer);
  const asked = mode;
  try {
    const reply = await request(`api/${asked}`, { method: "POST", body });
    if (number !== question) return;
    if (reply.error) refuse(reply.error, reply.photo);
    else tell(asked, shown, reply);
  } catch {
    if (number === question) view.sentence(answer, "refusal", "No answer: is 'edge-siamese preview' still running?");
  }
}

function tell(asked, shown, reply) {
  if (asked === "verify") {
    reply.photos.forEach(({ width, height, box }, index) => view.mark(shown[index], width, height, [box]));
    view.comparison(answer, reply);
  } else {
    const { width, height } = reply.photo;
    view.mark(shown[0], width, height, reply.results.flatMap(({ box }) => (box ? [box] : [])));
    view.identification(answer, reply);
  }
}

function refuse(text, field) {
  slots.find((slot) => slot.dataset.field === field)?.classList.add("bad");
  view.sentence(answer, "refusal", text);
}

async function introduce() {
  facts = await request("api/about");
  view.about(document.getElementById("about"), facts);
  if (mode === "identify") ask();
}

async function request(address, options = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(address, { ...options, headers });
  return response.json();
}
