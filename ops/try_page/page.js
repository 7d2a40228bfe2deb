"use strict";
// The form is made from what the endpoint's model declares (GET endpoints); what the API says is text, never markup.
const JSON_TYPE = "application/json";
const STATES = {
  "in-service": "In service", "no-model-yet": "No model yet", creating: "Being created", updating: "Being updated",
  failed: "Failed", unknown: "State unknown",
};
const KEPT = 8;
const $ = (id) => document.getElementById(id);
let endpoints = [], chosen = null, fields = [], asking = false;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const types = (schema) => [schema.type ?? []].flat();
const typeOf = (schema) => types(schema).find((type) => type !== "null");
const spoken = (name) => (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll("_", " ");

// A server that has ended is the one reason for which a request to it fails.
function gone() {
  throw { problem: { title: "Nobody answers", detail: "The server of this page has ended. Start it again: make try" } };
}

async function answered(response) {
  const text = await response.text();
  let found = null;
  try { found = JSON.parse(text); } catch { /* below */ }
  if (response.ok && found) return found;
  const problem = found ?? { title: "The answer cannot be read", detail: text.slice(0, 200), status: response.status };
  throw Object.assign(new Error(problem.title), { problem: { ...problem, retryAfter: response.headers.get("Retry-After") } });
}

function failed(error) {
  const problem = error.problem ?? { title: "That did not work", detail: String(error) };
  show(problemCard(problem));
  const [, name] = /^\/instances\/0\/([^/]+)/.exec(problem.pointer ?? "") ?? [];
  const field = fields.find((each) => each.name === name?.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (field) {
    mark(field, problem.detail);
    field.input.focus();
  }
}

function instanceTyped() {
  try {
    return typed();
  } catch (error) {
    throw Object.assign(error, { problem: { title: "This is no JSON", detail: `A field takes JSON: ${error.message}` } });
  }
}

async function ask(event) {
  event?.preventDefault();
  if (asking) return;
  asking = true;
  fields.forEach((field) => mark(field, ""));
  $("ask").setAttribute("aria-disabled", "true");
  $("ask").textContent = "Asking …";
  try {
    const instance = instanceTyped();
    const body = JSON.stringify({ instances: [instance] });
    const where = `endpoints/${encodeURIComponent(chosen.name)}/predictions`;
    const response = await fetch(where, { method: "POST", headers: { "Content-Type": JSON_TYPE }, body }).catch(gone);
    const answer = await answered(response);
    const took = /dur=([\d.]+)/.exec(response.headers.get("Server-Timing") ?? "")?.[1] ?? "?";
    const milliseconds = Math.round(Number(took));
    show(answerCard(answer, milliseconds, response.headers.get("X-Request-Id")));
    keep(instance, answer, milliseconds);
    if (innerWidth < 864) $("outcome").scrollIntoView({ block: "nearest" });
  } catch (error) {
    failed(error);
  } finally {
    asking = false;
    $("ask").removeAttribute("aria-disabled");
    $("ask").textContent = "Ask the model";
  }
}

async function start() {
  try {
    ({ endpoints } = await answered(await fetch("endpoints").catch(gone)));
  } catch (error) {
    $("about").textContent = "";
    failed(error);
    return;
  }
  if (!endpoints.length) {
    $("about").textContent = "";
    show(problemCard({ title: "There is nothing to ask", detail: "This caller was granted no endpoint (front_door.clients)." }));
    return;
  }
  $("endpoint").replaceChildren(...endpoints.map(({ name, title }) => element("option", { value: name }, title ? `${name}: ${title}` : name)));
  $("chooser").hidden = endpoints.length < 2;
  choose(endpoints[0].name);
}

$("form").addEventListener("submit", ask);
$("form").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask(event);
});
$("endpoint").addEventListener("change", () => choose($("endpoint").value));
$("example").addEventListener("click", () => {
  for (const { input, schema } of fields) {
    const example = schema.examples?.[0];
    if (example === undefined) continue;
    if (input.type === "checkbox") input.checked = example;
    else input.value = schema.enum || typeof example !== "string" ? JSON.stringify(example) : example;
    input.dispatchEvent(new Event("input"));
  }
});
start();
