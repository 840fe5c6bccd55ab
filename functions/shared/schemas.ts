// The old place of the shared fields. Handlers that are not registered from a contract yet import them from here.
export { base64urlOf, base64urlText, hexText } from "../../api/fields.ts";
