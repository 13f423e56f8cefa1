// The view "Live": the loop's image with boxes and names, its stage times, today's counters and the last events.

import { element } from "./api.js";
import { counters } from "./counters.js";

const EVENTS_SHOWN = 12;
const WORDS = {
  started: "the loop started", stopped: "the loop ended", camera_missing: "waiting for the camera", camera_lost: "the camera is lost", camera_back: "the camera is back",
  frames_unreadable: "frames could not be read", ended_early: "the video ended early", gallery_reloaded: "the gallery changed and was read again",
  gallery_rejected: "the gallery changed and cannot be used", events_lost: "events were lost",
};
const [canvas, boxes, state, faces, times, events, counted] = ["live-canvas", "live-boxes", "live-state", "live-faces", "live-times", "live-events", "live-counters"].map((id) => document.getElementById(id));
let source = null;
let spoken = "";
let last = 0;

export function begin() {
  source = new EventSource(`/api/v1/live?after=${last}`);
  source.addEventListener("frame", (event) => frame(JSON.parse(event.data)));
  source.addEventListener("event", (event) => tell(JSON.parse(event.data)));
  source.addEventListener("counters", (event) => counted.replaceChildren(counters(JSON.parse(event.data))));
  source.addEventListener("waiting", () => say("Waiting for the camera"));
  source.addEventListener("ended", () => {
    say("The loop has ended");
    end();
  });
  source.addEventListener("error", () => say("No answer; trying again"));
}

export function end() {
  source?.close();
  source = null;
}

async function frame(body) {
  const bytes = Uint8Array.from(atob(body.image), (character) => character.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").drawImage(image, 0, 0);
  image.close();
  boxes.replaceChildren(...body.faces.map((face) => box(face, body.width, body.height)));
  faces.replaceChildren(...body.faces.map((face) => {
    const item = element("li", face.decision);
    item.append(element("b", "", face.identity ?? (face.decision === "unknown" ? "Unknown" : "Cannot tell")), face.identity ? "" : `: ${face.words}`);
    if (face.score !== null) item.append(element("span", "faint", ` score ${face.score.toFixed(3)}, threshold ${face.threshold.toFixed(3)}`));
    return item;
  }));
  const stages = Object.entries(body.stages_ms).map(([name, time]) => `${name} ${time < 10 ? time.toFixed(1) : Math.round(time)}`);
  times.textContent = `${body.frames_per_second ?? "-"} frames a second. Milliseconds: ${stages.join(", ")}.`;
  say(body.faces.length ? `${body.source}: ${body.faces.map((face) => face.identity ?? face.words).join(", ")}` : `${body.source}: nobody in the image`);
}

function box({ box: [x, y, width, height], decision, identity, words }, whole, high) {
  const made = element("span", decision);
  const percent = (share) => `${100 * share}%`;
  Object.assign(made.style, { left: percent(x / whole), top: percent(y / high), width: percent(width / whole), height: percent(height / high) });
  made.append(element("b", "", identity ?? (decision === "unknown" ? "Unknown" : words)));
  return made;
}

function tell(event) {
  last = event.number;
  const item = element("li", event.decision ?? "");
  const time = new Date(event.time).toLocaleTimeString();
  const what = event.event === "decision" ? decisionWords(event) : WORDS[event.event] ?? event.event;
  item.append(element("time", "faint", time), " ", element("span", "", what), element("span", "faint", event.detail?.why ? ` (${event.detail.why})` : ""));
  events.prepend(item);
  while (events.children.length > EVENTS_SHOWN) events.lastChild.remove();
}

function decisionWords({ identity, decision, reason }) {
  if (identity) return identity;
  if (reason === "no_face") return "nobody in the image";
  return decision === "unknown" ? "unknown" : `cannot tell (${reason.replaceAll("_", " ")})`;
}

/** The status line is a live region: it changes only when its text does. */
function say(text) {
  if (text === spoken) return;
  spoken = text;
  state.textContent = text;
}
