// Shows answers about photos: the decision in words, advice, and the score on its scale.

import { element, sentence } from "./api.js";

const SCALE = { low: -0.25, high: 1 };
const KINDS = { match: "same", unknown: "other" };

/** The answer about two photos. */
export function comparison(body) {
  return verdict({
    kind: KINDS[body.decision] ?? "untold",
    words: body.words,
    explanation: body.explanation,
    crops: body.photos.map((photo) => ({ source: photo.crop, caption: qualityOf(photo), name: photo.name })),
    score: body.score,
    threshold: body.threshold,
    ends: ["different", "same"],
    remarks: body.photos.flatMap((photo) => photo.remarks.map((remark) => `${photo.name}: ${remark}`)),
  });
}

/** The answers about the faces of one photo. */
export function identification(body) {
  return body.results.map((result, index) => verdict({
    kind: KINDS[result.decision] ?? "untold",
    words: result.words,
    explanation: result.explanation,
    crops: result.crop ? [{ source: result.crop, caption: qualityOf(result), name: faceName(body, index) }] : [],
    score: result.score,
    threshold: result.threshold,
    ends: ["unknown", "known"],
    candidates: result.candidates,
    remarks: result.remarks,
  }));
}

/** Mark faces on a photo of a slot, with their names; boxes are x, y, width, height in its pixels. */
export function mark(slot, width, height, faces) {
  slot.querySelector(".boxes").replaceChildren(...faces.map(({ box: [x, y, w, h], decision = "", name = "" }) => {
    const box = element("span", decision);
    Object.assign(box.style, { left: percent(x / width), top: percent(y / height), width: percent(w / width), height: percent(h / height) });
    if (name) box.append(element("b", "", name));
    return box;
  }));
}

function verdict({ kind, words, explanation, ends, crops, score, threshold, candidates = [], remarks }) {
  const article = stamp("verdict");
  article.classList.add(kind);
  article.querySelector("h2").textContent = words.title;
  article.querySelector(".words").textContent = words.sentence;
  article.querySelector(".explanation").textContent = sentence(explanation);
  article.querySelector(".advice").append(...words.advice.map((line) => element("li", "", line)));
  article.querySelector(".crops").append(...crops.map(cropFigure));
  article.querySelector(".crops").hidden = crops.length === 0;
  drawScale(article.querySelector(".scale"), score, threshold, ends);
  article.querySelector(".candidates").append(...candidates.map(candidateItem));
  article.querySelector(".remarks").append(...remarks.map((remark) => element("li", "", remark)));
  return article;
}

function drawScale(figure, score, threshold, ends) {
  figure.hidden = score === null || threshold === null;
  if (figure.hidden) return;
  figure.querySelector(".below").style.width = percent(place(threshold));
  point(figure.querySelector(".threshold"), threshold, `threshold ${threshold.toFixed(3)}`);
  point(figure.querySelector(".score"), score, score.toFixed(3));
  figure.querySelectorAll(".end").forEach((end, index) => { end.textContent = ends[index]; });
  figure.setAttribute("aria-label", `Score ${score.toFixed(3)} on a scale from ${SCALE.low} to ${SCALE.high}; the threshold is ${threshold.toFixed(3)}`);
}

/** Put a mark on the scale; its label leans inwards, so that it stays on the page. */
function point(mark, value, text) {
  const label = mark.querySelector("span");
  mark.style.left = percent(place(value));
  label.textContent = text;
  label.style.transform = `translateX(${percent(-place(value))})`;
}

function cropFigure({ source, caption, name }) {
  const figure = stamp("crop");
  Object.assign(figure.querySelector("img"), { src: source, alt: `Aligned face: ${name}` });
  figure.querySelector("figcaption").textContent = caption;
  return figure;
}

function candidateItem({ identity, score }) {
  const item = element("li");
  item.append(element("b", "", identity), ` ${score.toFixed(3)}`);
  return item;
}

function stamp(name) {
  return document.getElementById(name).content.firstElementChild.cloneNode(true);
}

const qualityOf = ({ quality }) => `quality ${Math.round(quality)} of 100`;
const faceName = (body, index) => (body.results.length > 1 ? `face ${index + 1} of ${body.photo.name}` : body.photo.name);
const place = (score) => (Math.min(Math.max(score, SCALE.low), SCALE.high) - SCALE.low) / (SCALE.high - SCALE.low);
const percent = (share) => `${100 * share}%`;
