// What the page shows: answers as elements. Texts of photos and answers only ever become text, never markup.

const SCALE = { low: -0.25, high: 1 };

/** Show a question that is being answered. */
export function waiting(answer) {
  answer.setAttribute("aria-busy", "true");
  answer.replaceChildren(paragraph("waiting", "Looking …"));
}

/** Show one sentence: a refusal, or a notice. */
export function sentence(answer, kind, text) {
  answer.setAttribute("aria-busy", "false");
  answer.replaceChildren(paragraph(kind, text));
}

/** Show the answer about two photos. */
export function comparison(answer, body) {
  const said = verdict({
    kind: { match: "same", unknown: "other" }[body.decision] ?? "untold",
    title: { match: "Same person", unknown: "Different people" }[body.decision] ?? "Cannot tell",
    explanation: body.explanation,
    crops: body.photos.map((photo) => ({ source: photo.crop, caption: qualityOf(photo), name: photo.name })),
    score: body.score,
    threshold: body.threshold,
    ends: ["different", "same"],
    remarks: body.photos.flatMap((photo) => photo.remarks.map((remark) => `${photo.name}: ${remark}`)),
  });
  show(answer, [said]);
}

/** Show the answers about the faces of one photo. */
export function identification(answer, body) {
  show(answer, body.results.map((result, index) => verdict({
    kind: { match: "same", unknown: "other" }[result.decision] ?? "untold",
    title: { match: result.identity, unknown: "Unknown" }[result.decision] ?? "Cannot tell",
    explanation: result.explanation,
    crops: result.crop ? [{ source: result.crop, caption: qualityOf(result), name: faceName(body, index) }] : [],
    score: result.score,
    threshold: result.threshold,
    ends: ["unknown", "known"],
    candidates: result.candidates,
    remarks: result.remarks,
  })));
}

/** Mark faces on a photo of a slot; boxes are x, y, width, height in its pixels. */
export function mark(slot, width, height, boxes) {
  slot.querySelector(".boxes").replaceChildren(...boxes.map(([x, y, w, h]) => {
    const box = document.createElement("span");
    Object.assign(box.style, { left: percent(x / width), top: percent(y / height), width: percent(w / width), height: percent(h / height) });
    return box;
  }));
}

/** Say in the footer what answers. */
export function about(footer, body) {
  const people = body.gallery ? `, gallery of ${body.gallery.people} ${body.gallery.people === 1 ? "person" : "people"}` : ", no gallery";
  const rate = `Two photos: false match rate ${body.target_fmr}, threshold ${body.threshold.toFixed(3)}.`;
  footer.replaceChildren(
    paragraph("", `${body.embedder} (${body.model.embedder.slice(0, 12)}), ${body.delegate}${people}.`),
    paragraph("", rate),
    ...body.notes.map((note) => paragraph("", `Who is it: ${note}.`)),
  );
}

function verdict({ kind, title, explanation, ends, crops, score, threshold, candidates = [], remarks }) {
  const article = stamp("verdict");
  article.classList.add(kind);
  article.querySelector("h2").textContent = title;
  article.querySelector(".explanation").textContent = `${explanation}.`;
  article.querySelector(".crops").append(...crops.map(cropFigure));
  article.querySelector(".crops").hidden = crops.length === 0;
  drawScale(article.querySelector(".scale"), score, threshold, ends);
  article.querySelector(".candidates").append(...candidates.map(candidateItem));
  article.querySelector(".remarks").append(...remarks.map((remark) => Object.assign(document.createElement("li"), { textContent: remark })));
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
  const item = document.createElement("li");
  item.append(Object.assign(document.createElement("b"), { textContent: identity }), ` ${score.toFixed(3)}`);
  return item;
}

function show(answer, articles) {
  answer.setAttribute("aria-busy", "false");
  answer.replaceChildren(...articles);
}

function paragraph(kind, text) {
  return Object.assign(document.createElement("p"), { className: kind, textContent: text });
}

function stamp(name) {
  return document.getElementById(name).content.firstElementChild.cloneNode(true);
}

const qualityOf = ({ quality }) => `quality ${Math.round(quality)} of 100`;
const faceName = (body, index) => (body.results.length > 1 ? `face ${index + 1} of ${body.photo.name}` : body.photo.name);
const place = (score) => (Math.min(Math.max(score, SCALE.low), SCALE.high) - SCALE.low) / (SCALE.high - SCALE.low);
const percent = (share) => `${100 * share}%`;
