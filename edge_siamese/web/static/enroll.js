// The view "Add a person": guided photos of the camera or chosen ones, each checked at once; then the person is enrolled.

import { element, plural, rejection, request, sentence } from "./api.js";
import * as camera from "./camera.js";

const WANTED = 5;
const GUIDE = ["Look straight at the camera.", "Turn your head a little to the left.", "Turn your head a little to the right.", "Raise your chin a little.", "Look straight again, as you usually do."];
const [form, list, progress, answer, permission] = ["enroll-form", "enroll-photos", "enroll-progress", "enroll-answer", "enroll-permission"].map((id) => document.getElementById(id));
const files = document.getElementById("enroll-files");
const save = document.getElementById("enroll-save");
const shots = []; // { file, usable, direction, said, item }
let facts = null;
let permit = null;

document.getElementById("enroll-camera").addEventListener("click", useCamera);
files.addEventListener("change", () => {
  [...files.files].forEach((file) => add(file));
  files.value = "";
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  enroll();
});

export function use(about) {
  facts = about;
}

export function begin() {
  const blocked = facts.read_only || !facts.gallery;
  for (const control of form.elements) control.disabled = blocked;
  form.querySelector("label.button").classList.toggle("disabled", blocked);
  if (!facts.gallery) answer.replaceChildren(element("p", "notice", "There is no gallery: start the command with --gallery G.esg."));
  else if (facts.read_only) answer.replaceChildren(element("p", "notice", "This page may not change the gallery: the command was started with --read-only."));
  tell();
}

const usable = () => shots.filter((shot) => shot.usable);

async function useCamera() {
  if (!camera.available()) {
    const file = await camera.fromPhone();
    if (file) add(file);
    return;
  }
  camera.open(next(), async (file) => {
    camera.say("One moment …");
    const shot = await add(file);
    if (usable().length >= WANTED) camera.close();
    else camera.say(shot.usable ? next() : `${shot.said} ${next()}`);
  });
}

const next = () => GUIDE[Math.min(usable().length, GUIDE.length - 1)];

/** Add a photo to the list and have it checked. */
async function add(file) {
  const item = element("li", "shot");
  const image = Object.assign(element("img"), { alt: "", src: URL.createObjectURL(file) });
  const said = element("p", "faint", "Checking …");
  const remove = Object.assign(element("button", "remove"), { type: "button", textContent: "×" });
  remove.setAttribute("aria-label", `Remove photo ${shots.length + 1}`);
  item.append(image, said, remove);
  const shot = { file, usable: false, said: "", item };
  if (shots.length >= facts.max_photos) {
    tell(`at most ${facts.max_photos} photos`);
    return shot;
  }
  shots.push(shot);
  list.append(item);
  image.addEventListener("error", () => image.classList.add("unreadable"));
  remove.addEventListener("click", () => {
    shots.splice(shots.indexOf(shot), 1);
    item.remove();
    tell();
  });
  const body = new FormData();
  body.append("photo", file, file.name);
  try {
    const reply = await request("/api/v1/check", { method: "POST", body });
    [shot.usable, shot.direction] = [reply.usable === true, reply.direction];
    const words = { front: "from the front", left: "turned to the left", right: "turned to the right" };
    shot.said = reply.error ? sentence(reply.error) : reply.usable ? `Good, ${words[reply.direction]}.` : sentence(`not used: ${reply.problem}`);
    said.textContent = [shot.said, ...(reply.usable ? [] : reply.advice ?? []).slice(0, 2)].join(" ");
  } catch {
    said.textContent = "No answer: is the command still running?";
  }
  item.classList.add(shot.usable ? "good" : "bad");
  tell();
  return shot;
}

function tell(extra = "") {
  const count = usable().length;
  if (count >= 3 && usable().every(({ direction }) => direction === "front")) extra ||= "turn the head a little on some of them";
  const enough = count === 0 ? "" : count < WANTED ? `, ${WANTED - count} more make it better` : ", that is enough";
  progress.textContent = sentence(`${plural(count, "good photo", "good photos")}${enough}${extra ? `; ${extra}` : ""}`);
  save.disabled = count === 0 || facts.read_only || !facts.gallery;
}

async function enroll() {
  const name = document.getElementById("enroll-name");
  if (!name.value.trim()) {
    answer.replaceChildren(element("p", "rejection", "Enter the person's name."));
    name.focus();
    return;
  }
  const total = usable().reduce((sum, { file }) => sum + file.size, 0);
  if (total > facts.max_total_bytes * 0.95) {
    answer.replaceChildren(element("p", "rejection", `Together the photos are too large: at most ${Math.floor((facts.max_total_bytes * 0.95) / 1e6)} MB. Remove some.`));
    return;
  }
  const body = new FormData();
  for (const field of ["name", "consent", "retain_until"]) body.append(field, form.elements[field].value);
  if (permit && document.getElementById("enroll-permit").checked) body.append(permit, "true");
  for (const { file } of usable()) body.append("photos", file, file.name);
  save.disabled = true;
  answer.replaceChildren(element("p", "waiting", "One moment …"));
  try {
    const reply = await request("/api/v1/gallery/people", { method: "POST", body });
    if (reply.error) reject(reply);
    else enrolled(reply);
  } catch {
    answer.replaceChildren(element("p", "rejection", "No answer: is the command still running?"));
  }
  tell();
}

function reject(reply) {
  answer.replaceChildren(rejection(reply));
  permit = reply.permission;
  permission.hidden = !permit;
  document.getElementById("enroll-permit").checked = false;
  const words = { look_alike: "Add the person nevertheless: they may be mistaken for each other.", different_faces: "Add the photos nevertheless: they show one person." };
  permission.querySelector("span").textContent = words[permit] ?? "";
}

function enrolled(reply) {
  const box = element("div", "notice");
  box.append(element("p", "", `${reply.name} is enrolled from ${plural(reply.used, "photo", "photos")} and has ${plural(reply.kept, "template", "templates")}.`));
  box.append(...reply.skipped.map(({ photo, reason }) => element("p", "", sentence(`${photo}: not used: ${reason}`))));
  if (reply.points_dropped) box.append(element("p", "", "The gallery's own operating point was measured without this person and is dropped: run 'edge-siamese gallery calibrate' again."));
  answer.replaceChildren(box);
  for (const { item } of shots) item.remove();
  shots.length = 0;
  permit = null;
  permission.hidden = true;
  form.reset();
}
