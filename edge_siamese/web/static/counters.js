// Today's faces: how many were named, and why the others were not.

import { element, plural, sentence } from "./api.js";

export function counters(reply) {
  const box = element("div", "counters");
  const since = new Date(reply.since).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const faces = reply.faces === 0 ? "no face so far" : `${plural(reply.faces, "face", "faces")}, ${reply.named} named`;
  box.append(element("p", "", `Since ${since} today: ${faces}.`));
  if (reply.not_named.length === 0) return box;
  const list = element("ul", "bars");
  const most = Math.max(...reply.not_named.map(({ faces: count }) => count));
  for (const { words, faces: count, advice } of reply.not_named) {
    const item = element("li");
    const bar = element("span", "bar");
    bar.style.width = `${(100 * count) / most}%`;
    item.append(element("b", "", String(count)), " ", element("span", "", words), bar);
    if (advice) item.append(element("span", "faint", sentence(advice)));
    list.append(item);
  }
  box.append(list);
  return box;
}
