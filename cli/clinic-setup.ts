// symbolon clinic init, register, token: a clinic's keys, its registration, and its way into the API.

import { type Command, type Options, usageError } from "./command.ts";
import { atDesk } from "./desk.ts";
import { writeNew } from "./files.ts";
import { isoOf, result } from "./output.ts";
import {
  ADMIN_OPTION,
  CLINIC_OPTIONS,
  DEPLOYMENT_OPTION,
  KEYS_OPTION,
  keysPath,
  readAdminKey,
  readDeployment,
  readKeys,
  transport,
} from "./settings.ts";

const INIT_OPTIONS: Options = {
  name: { type: "string", value: "NAME", about: "the clinic's name, as patients will read it" },
  require: {
    type: "string",
    value: "ATTRIBUTE=VALUE,...",
    about: "an attribute that patients must show, with its accepted values",
    multiple: true,
  },
  "max-stale": { type: "string", value: "MONTHS", about: "how old a patient's pass may be (default 1)" },
  ...KEYS_OPTION,
};

/** "coverage=standard,extended" */
function requirementOf(text: string): { attribute: string; accepted: string[] } {
  const [attribute, values, ...more] = text.split("=");
  const accepted = (values ?? "").split(",").filter((value) => value !== "");
  if (!attribute || accepted.length === 0 || more.length > 0)
    throw usageError(`--require ${JSON.stringify(text)} is not of the form ATTRIBUTE=VALUE,VALUE.`);
  return { attribute, accepted };
}

function monthsOf(text: string | undefined): number {
  const months = Number(text ?? "1");
  if (!Number.isInteger(months) || months < 0 || months > 255)
    throw usageError("--max-stale needs a number of months from 0 to 255.");
  return months;
}

const init: Command = {
  path: "clinic init",
  summary: "Makes a clinic's keys and its card.",
  about: [
    "Writes the keys to the file of --keys, with the mode 600. It never overwrites a file. Keep a copy in a safe place:",
    "without the keys nobody can open the clinic's records or use its name. Needs no network.",
  ],
  options: INIT_OPTIONS,
  examples: [
    ['clinic init --name "Harbour Clinic" --keys harbour.json', "keys for a new clinic"],
    [
      'clinic init --name "Harbour Clinic" --require coverage=standard,extended --keys harbour.json',
      "patients show their cover",
    ],
  ],
  async run(input) {
    const name = input.text("name");
    if (name === undefined || name.trim() === "")
      throw usageError('The clinic\'s name is missing. Give --name "NAME".');
    const policy = {
      required: input.texts("require").map(requirementOf),
      maxStaleEpochs: monthsOf(input.text("max-stale")),
    };
    const path = keysPath(input);
    const { clinicCard, createClinicKeys, serviceIdOfKeys } = await import("../client/clinic/keys.ts");
    const keys = await createClinicKeys(name, policy);
    const serviceId = Buffer.from(serviceIdOfKeys(keys)).toString("hex");
    const card = Buffer.from(clinicCard(keys)).toString("base64url"); // a name or policy that no card can hold fails here
    await writeNew(path, `${JSON.stringify(keys, null, 2)}\n`);
    return result(input, { serviceId, keys: path, card }, () => [
      `service id  ${serviceId}`,
      `keys        ${path} (secret)`,
      "Next: symbolon clinic register",
    ]);
  },
};

const register: Command = {
  path: "clinic register",
  summary: "Registers the clinic at a deployment, or its next card.",
  about: [
    "The administrator's key signs this. If somebody else holds it, send them the card: symbolon clinic register --card",
    "prints it, and asks nobody. Patients believe a card as soon as the log's witnesses have signed it; this command waits",
    "for them.",
  ],
  options: {
    card: { type: "boolean", about: "print the signed card in base64url, and register nothing" },
    ...ADMIN_OPTION,
    ...DEPLOYMENT_OPTION,
    ...KEYS_OPTION,
  },
  examples: [
    ["clinic register --admin-key .symbolon/admin.key", "register at the system of npm start"],
    ["clinic register --card", "print the card, for the operator"],
  ],
  async run(input) {
    const keys = await readKeys(input);
    const { clinicCard, serviceIdOfKeys } = await import("../client/clinic/keys.ts");
    const card = clinicCard(keys);
    const serviceId = Buffer.from(serviceIdOfKeys(keys)).toString("hex");
    const text = Buffer.from(card).toString("base64url");
    if (input.has("card")) return result(input, { serviceId, card: text }, () => text);
    const [deployment, adminKey] = [await readDeployment(input), await readAdminKey(input)];
    const { Operator } = await import("../client/operator.ts");
    await new Operator(await transport(), deployment, adminKey).registerService(card);
    return result(input, { serviceId, registered: true }, () => `registered  ${serviceId}  ${keys.name}`);
  },
};

const token: Command = {
  path: "clinic token",
  summary: "Prints an access token for the clinic's API.",
  about: ["The token opens the clinic's own sessions and records for a few minutes. Treat it as a secret."],
  options: CLINIC_OPTIONS,
  examples: [
    ["clinic token --json", "the token, when it expires, and the URL of the clinic's API"],
    [
      "clinic token | xargs -I{} curl -H 'authorization: Bearer {}' $SERVICE/v1/services/$ID/sessions",
      "ask the API with curl",
    ],
  ],
  async run(input) {
    const { serviceUrl } = await readDeployment(input);
    return atDesk(input, async (clinic) => {
      const { token: accessToken, expiresAt } = await clinic.accessToken();
      const serviceId = Buffer.from(clinic.serviceId).toString("hex");
      const url = `${serviceUrl}/v1/services/${serviceId}`;
      return result(input, { accessToken, expiresAt: isoOf(expiresAt), serviceId, url }, () => accessToken);
    });
  },
};

export const SETUP_COMMANDS: readonly Command[] = [init, register, token];
