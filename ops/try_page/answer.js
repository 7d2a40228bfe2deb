// What the API said, shown: an answer, or a problem.

// Classes have names where the description gives one after each value: "-1 negative, 0 neutral, 1 positive".
function classNames(schema) {
  const found = new Map();
  for (const value of schema?.enum ?? []) {
    const quoted = String(value).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const named = new RegExp(`(?:^|[\\s:,;(])${quoted}\\s+([\\p{L}][\\p{L}-]*)`, "u").exec(schema.description ?? "");
    if (named) found.set(String(value), named[1]);
  }
  return found.size === (schema?.enum ?? []).length ? found : new Map();
}

// Classes on both sides of zero are a scale from bad to good.
function tone(value) {
  const scale = Object.values(chosen.prediction?.properties ?? {}).find((schema) => schema.enum)?.enum ?? [];
  if (!scale.some((each) => each < 0) || !scale.some((each) => each > 0)) return "even";
  return Number(value) < 0 ? "bad" : Number(value) > 0 ? "good" : "mid";
}

function bars(probabilities, names, most) {
  const rows = Object.entries(probabilities).sort(([a], [b]) => (Number(a) - Number(b)) || 0).map(([value, share]) => {
    const fill = element("i");
    fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
    return element("tr", { class: value === most ? "most" : "" },
      element("th", { scope: "row" }, names.get(value) ?? value),
      element("td", { "aria-hidden": "true" }, element("div", { class: `bar ${tone(value)}` }, fill)),
      element("td", {}, `${(share * 100).toFixed(1)} %`));
  });
  return element("table", { class: "bars" }, element("caption", {}, "Probability of each class"),
    element("tbody", {}, ...rows));
}

function facts(entries) {
  const list = element("dl", { class: "facts" });
  for (const [name, value] of entries) {
    if (value) list.append(element("dt", {}, name), element("dd", {}, value));
  }
  return list;
}

function readPrediction(prediction) {
  const properties = chosen.prediction?.properties ?? {};
  const label = Object.keys(properties).find((name) => properties[name].enum);
  const shares = Object.keys(properties).find((name) => {
    const inner = Object.values(properties[name].properties ?? {});
    return inner.length && inner.every((its) => its.type === "number" && its.minimum === 0 && its.maximum === 1);
  });
  const value = label === undefined ? undefined : String(prediction[label]);
  return { value, names: classNames(properties[label]), shares: prediction[shares] };
}

function answerCard(answer, milliseconds, requestId) {
  const { value, names, shares } = readPrediction(answer.predictions[0]);
  const parts = [];
  if (value !== undefined) {
    const name = names.get(value);
    const shown = element("p", { class: `class ${tone(value)}`, id: "class" }, spoken(name ?? value));
    if (name) shown.append(element("small", {}, `class ${value}`));
    parts.push(element("p", { class: "kicker" }, "The model says"), shown);
  }
  if (shares) parts.push(bars(shares, names, value));
  parts.push(facts([
    ["Variant", answer.variant], ["Model package", answer.model_package],
    ["Latency", `${milliseconds} ms`], ["Request id", requestId],
  ]));
  const raw = element("details", {}, element("summary", {}, "The whole answer"),
    element("pre", { tabindex: "0" }, JSON.stringify(answer, null, 2)));
  raw.open = value === undefined && !shares;
  return { kind: "", parts: [...parts, raw] };
}

function problemCard(problem) {
  const again = problem.retryAfter ? ` Try again in ${problem.retryAfter} s.` : "";
  return { kind: "problem", parts: [
    element("h2", {}, problem.title ?? "That did not work"),
    element("p", {}, `${problem.detail ?? ""}${again}`),
    facts([["Where", problem.pointer], ["Status", problem.status && String(problem.status)],
      ["Request id", problem.request_id]]),
  ] };
}

function show(card) {
  $("outcome").replaceChildren(...card.parts);
  $("outcome").className = `card ${card.kind}`;
  $("outcome").hidden = false;
}

function keep(instance, answer, milliseconds) {
  const { value, names } = readPrediction(answer.predictions[0]);
  const said = Object.values(instance).filter((part) => typeof part === "string" && part).join(" · ");
  $("list").prepend(element("li", {},
    element("span", { class: "text" }, said || JSON.stringify(instance)),
    element("span", { class: `its ${value === undefined ? "" : tone(value)}` }, names.get(value) ?? value ?? ""),
    element("span", { class: "how" }, `${answer.variant} · ${milliseconds} ms`)));
  while ($("list").children.length > KEPT) $("list").lastChild.remove();
  $("earlier").hidden = false;
}
