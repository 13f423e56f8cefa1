// The view "People": who is in the gallery; erases people after a confirmation.

import { element, plural, rejection, request, sentence } from "./api.js";

const [lead, notes, list] = ["people-lead", "people-notes", "people-list"].map((id) => document.getElementById(id));
const dialog = document.getElementById("erase");
let facts = null;
let candidate = null;

export function use(about) {
  facts = about;
}

document.getElementById("erase-no").addEventListener("click", () => dialog.close());
document.getElementById("erase-yes").addEventListener("click", erase);

export async function begin() {
  list.replaceChildren();
  notes.replaceChildren();
  if (!facts.gallery) {
    lead.textContent = "There is no gallery: start the command with --gallery G.esg.";
    return;
  }
  const reply = await request("/api/v1/gallery");
  if (reply.error) return notes.replaceChildren(rejection(reply));
  lead.textContent = `${plural(reply.identities, "person", "people")}, ${plural(reply.templates, "template", "templates")} in ${reply.gallery}. A template is what the network keeps of a face; photos are not stored.`;
  const remarks = reply.look_alikes.map(({ names: [one, other] }) => `${one} and ${other} look alike: one of them may be named as the other`);
  if (reply.problem) remarks.push(`the file changed and cannot be used; the people read before stay: ${reply.problem}`);
  notes.replaceChildren(...remarks.map((text) => element("p", "notice", sentence(text))));
  list.replaceChildren(...reply.people.map((person) => row(person, reply.read_only)));
}

function row(person, readOnly) {
  const item = element("li", "card person");
  const about = element("div");
  about.append(element("h2", "", person.name));
  const facts = [plural(person.templates, "template", "templates")];
  if (person.created) facts.push(`since ${person.created.slice(0, 10)}`);
  if (person.retain_until) facts.push(`until ${person.retain_until}`);
  about.append(element("p", "faint", facts.join(", ")));
  if (person.consent) about.append(element("p", "faint", `Consent: ${person.consent}`));
  if (person.overdue) about.append(element("p", "warning", "The last day is over: this person is no longer named."));
  item.append(about);
  if (!readOnly) {
    const button = Object.assign(element("button", "danger", "Erase"), { type: "button" });
    button.setAttribute("aria-label", `Erase ${person.name}`);
    button.addEventListener("click", () => confirm(person.name));
    item.append(button);
  }
  return item;
}

function confirm(name) {
  candidate = name;
  document.getElementById("erase-title").textContent = `Erase ${name}?`;
  dialog.showModal();
  document.getElementById("erase-no").focus();
}

async function erase() {
  dialog.close();
  const reply = await request(`/api/v1/gallery/people?name=${encodeURIComponent(candidate)}`, { method: "DELETE" });
  await begin();
  if (reply.error) return notes.prepend(rejection(reply));
  const dropped = reply.points_dropped ? " The gallery's own operating point was measured with this person and is dropped: run 'edge-siamese gallery calibrate' again." : "";
  notes.prepend(element("p", "notice", `${reply.removed} is erased.${dropped}`));
  document.getElementById("content").focus({ preventScroll: true });
}
