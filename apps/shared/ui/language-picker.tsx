// The choice of the language, in each language's own name.

import { chooseLanguage, LANGUAGES, type Language, language } from "../language.ts";

export function LanguagePicker({ label }: { label: string }) {
  return (
    <label class="row small">
      <span class="hidden">{label}</span>
      <select value={language.value} onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
