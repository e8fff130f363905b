// Checks objects of custom resources against the schemas of their projects, strictly: the types that are generated from them
// refuse unknown fields, and the compiled schemas check patterns, lengths and ranges, which types can't express.
// node check.mjs <file with one object as JSON> …
import { readFileSync, writeFileSync } from "node:fs";
import ts from "typescript";

// The packages that carry the schemas, by the group of the API.
const PACKAGES = {
  "gateway.envoyproxy.io": "envoy-gateway",
  "gateway.networking.k8s.io": "gateway-api",
  "monitoring.coreos.com": "prometheus-operator",
};

const problems = [];
const objects = process.argv.slice(2).map((file) => {
  const object = JSON.parse(readFileSync(file, "utf8"));
  const [group, version] = object.apiVersion.split("/");
  const name = `${object.kind}/${object.metadata.name}`;
  if (!(group in PACKAGES)) throw new Error(`${name}: no package has the schema of ${object.apiVersion}`);
  return { object, name, module: `@kubernetes-models/${PACKAGES[group]}/${group}/${version}/${object.kind}` };
});

for (const { object, name, module } of objects) {
  const { [object.kind]: Model } = await import(module);
  try {
    new Model(object).validate();
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  }
}

// One object per line, so that the line of an error names it.
const lines = objects.map(
  ({ object, module }) => `(${JSON.stringify(object)}) satisfies import("${module}").I${object.kind};`,
);
const source = new URL("objects.ts", import.meta.url).pathname;
writeFileSync(source, lines.join("\n"));
const program = ts.createProgram([source], {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
});
for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
  const text = ts.flattenDiagnosticMessageText(messageText, "\n");
  const name = file?.fileName === source ? objects[file.getLineAndCharacterOfPosition(start).line].name : "types";
  problems.push(`${name}: ${text}`);
}

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
