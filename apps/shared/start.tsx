// Starts an app's page.

import "./styles.css";
import { type ComponentType, render } from "preact";
import { applyLanguage } from "./language.ts";
import { followLinks } from "./route.ts";

export function startPage(App: ComponentType): void {
  applyLanguage();
  followLinks();
  render(<App />, document.getElementById("app")!);
}
