// The form, made from what the endpoint's model declares.

function inputFor(name, schema, required) {
  const hint = schema.examples?.[0];
  const shown = hint === undefined ? null : typeof hint === "string" ? hint : JSON.stringify(hint);
  const common = { id: `field-${name}`, name, placeholder: shown && `For example: ${shown}`, "aria-required": required ? "true" : null };
  if (schema.enum) {
    const options = schema.enum.map((value) => element("option", { value: JSON.stringify(value) }, String(value)));
    if (!required) options.unshift(element("option", { value: "" }, "none"));
    const { placeholder, ...rest } = common;
    return element("select", rest, ...options);
  }
  const type = typeOf(schema);
  if (type === "boolean") return element("input", { id: common.id, name, type: "checkbox" });
  if (type === "number" || type === "integer") {
    const limits = { min: schema.minimum, max: schema.maximum, step: type === "integer" ? 1 : "any" };
    return element("input", { ...common, ...limits, type: "number", inputmode: "decimal" });
  }
  const long = type !== "string" || (required && !(schema.maxLength <= 120));
  if (!long) return element("input", { ...common, type: "text", autocomplete: "off", maxlength: schema.maxLength });
  return element("textarea", { ...common, rows: 6, maxlength: schema.maxLength, spellcheck: "true" });
}

function fieldFor(name, schema, required) {
  const input = inputFor(name, schema, required);
  const label = element("label", { for: input.id }, spoken(name));
  if (!required) label.append(" ", element("span", { class: "optional" }, "optional"));
  const box = element("div", { class: "field" }, label, input);
  const said = [];
  if (schema.description) {
    box.append(element("p", { class: "note", id: `${input.id}-note` }, schema.description));
    said.push(`${input.id}-note`);
  }
  const wrong = element("p", { class: "wrong", id: `${input.id}-wrong`, hidden: "" });
  box.append(wrong);
  input.setAttribute("aria-describedby", [...said, wrong.id].join(" "));
  input.addEventListener("input", () => mark({ input, wrong }, ""));
  return { name, schema, required, input, wrong, box };
}

function mark(field, message) {
  field.wrong.textContent = message;
  field.wrong.hidden = !message;
  if (message) field.input.setAttribute("aria-invalid", "true");
  else field.input.removeAttribute("aria-invalid");
}

function valueOf({ input, schema }) {
  if (input.type === "checkbox") return input.checked;
  if (schema.enum) return input.value === "" ? undefined : JSON.parse(input.value);
  if (typeOf(schema) === "string") return input.value;
  if (input.value.trim() === "") return undefined;
  return input.type === "number" ? Number(input.value) : JSON.parse(input.value);
}

function typed() {
  const instance = {};
  for (const field of fields) {
    const value = valueOf(field);
    if (value === undefined || (value === "" && !field.required)) continue;
    instance[field.name] = value;
  }
  return instance;
}

function choose(name) {
  chosen = endpoints.find((endpoint) => endpoint.name === name);
  $("title").textContent = chosen.title ?? chosen.name;
  $("about").textContent = chosen.description ?? "";
  $("state").textContent = STATES[chosen.status] ?? chosen.status;
  $("state").className = `state ${{ "in-service": "ready", failed: "failed" }[chosen.status] ?? ""}`;
  $("state").hidden = false;
  const instance = chosen.requests?.[JSON_TYPE]?.instance;
  const usable = chosen.mode !== "asynchronous" && instance?.properties;
  $("form").hidden = !usable;
  if (!usable) {
    const why = chosen.mode === "asynchronous" ? "It answers by jobs (POST …/jobs), not at once."
      : "Its model does not take JSON objects, so there is no form for it.";
    show(problemCard({ title: "This page cannot ask this endpoint", detail: why }));
    return;
  }
  // A table's columns have an order; an object's properties have none.
  const order = chosen.requests["text/csv"]?.columns ?? [];
  const place = (property) => (order.indexOf(property) + 1 || order.length + 1);
  const names = Object.keys(instance.properties).sort((a, b) => place(a) - place(b));
  fields = names.map((name) => fieldFor(name, instance.properties[name], (instance.required ?? []).includes(name)));
  $("fields").replaceChildren(...fields.map((field) => field.box));
  $("example").hidden = !fields.some((field) => field.schema.examples?.length);
  show({ kind: "waiting", parts: [element("p", {}, "The answer appears here, with the variant that gave it and how long it took.")] });
}
