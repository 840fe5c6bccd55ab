// The form of the help pages: chapters of short sentences.

export interface Part {
  title: string;
  /** one idea each */
  text: readonly string[];
}
export interface Chapter {
  title: string;
  intro: string;
  /** in their order */
  steps: readonly string[];
  parts: readonly Part[];
}
export interface HelpWords {
  title: string;
  intro: string;
  all: string;
  more: string;
  pages: { care: string; messages: string; clinics: string };
  lost: Chapter;
  new: Chapter;
  "no-phone": Chapter;
  limits: Chapter;
}
