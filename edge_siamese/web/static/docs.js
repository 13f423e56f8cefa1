// Shows the OpenAPI description of this server; loads nothing from elsewhere.

import { element, sentence } from "./api.js";

const description = await (await fetch("/openapi.json")).json();
document.getElementById("description").textContent = description.info.description.replaceAll("`", "");
const groups = new Map();
for (const [path, methods] of Object.entries(description.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const tag = operation.tags?.[0] ?? "other";
    if (!groups.has(tag)) groups.set(tag, []);
    groups.get(tag).push(operationCard(path, method.toUpperCase(), operation));
  }
}
const place = document.getElementById("operations");
for (const [tag, cards] of groups) place.append(element("h2", "", sentence(tag).replace(".", "")), ...cards);

function operationCard(path, method, operation) {
  const card = element("details", "card operation");
  const head = element("summary");
  head.append(element("b", "method", method), " ", element("code", "", path), element("span", "about", operation.description.replaceAll("`", "").split("\n")[0]));
  card.append(head);
  const parameters = (operation.parameters ?? []).map(({ name, in: where, schema, description: text }) => [name, `${where}, ${typeOf(schema)}`, text ?? ""]);
  const form = operation.requestBody?.content;
  const [media, body] = form ? Object.entries(form)[0] : [];
  if (body) parameters.push(...fieldsOf(body.schema).map(([name, type, text]) => [name, `${media.includes("form") ? "form" : "body"}, ${type}`, text]));
  if (parameters.length) card.append(element("h3", "", "Parameters"), table(["name", "where and type", "meaning"], parameters));
  const answer = Object.entries(operation.responses).find(([status]) => status.startsWith("2"));
  const schema = answer?.[1].content?.["application/json"]?.schema;
  if (schema) card.append(element("h3", "", `Answer (${answer[0]})`), table(["field", "type", "meaning"], fieldsOf(schema)));
  card.append(element("h3", "", "Example"), code(example(path, method, media, body)));
  return card;
}

function resolved(schema) {
  return schema.$ref ? description.components.schemas[schema.$ref.split("/").pop()] : schema;
}

function fieldsOf(schema) {
  return Object.entries(resolved(schema).properties ?? {}).map(([name, field]) => [name, typeOf(field), field.description ?? resolved(field).description ?? ""]);
}

function typeOf(schema = {}) {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.$ref) return "object";
  if (schema.format === "binary") return "file";
  return schema.type === "array" ? `list of ${typeOf(schema.items)}` : schema.type ?? "any";
}

function example(path, method, media, body) {
  const words = ["curl"];
  if (method !== "GET") words.push("-X", method);
  words.push("-H", "'Authorization: Bearer TOKEN'");
  if (media?.includes("form")) for (const [name, type] of fieldsOf(body.schema)) words.push("-F", `${name}=${type.includes("file") ? "@photo.jpg" : "..."}`);
  else if (body) words.push("-H", "'Content-Type: application/json'", "-d", `'{"${fieldsOf(body.schema)[0][0]}": "..."}'`);
  return `${words.join(" ")} ${location.origin}${path}`;
}

function table(heads, rows) {
  const box = element("div", "scroll");
  box.tabIndex = 0;
  const made = element("table");
  const head = made.createTHead().insertRow();
  head.append(...heads.map((text) => Object.assign(element("th", "", text), { scope: "col" })));
  const body = made.createTBody();
  for (const row of rows) body.insertRow().append(...row.map((text) => element("td", "", text)));
  box.append(made);
  return box;
}

function code(text) {
  const box = element("pre");
  box.tabIndex = 0;
  box.append(element("code", "", text));
  return box;
}
