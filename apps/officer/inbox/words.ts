// The words of the inbox, in three languages.

import { plural, wordsOf } from "../../shared/language.ts";

const en = {
  title: "Waiting for you",
  emergencies: plural("en", { one: "{n} emergency waits", other: "{n} emergencies wait" }),
  none: "Nothing waits for you",
  noneMore: "Leave this page open. A new order appears here within seconds.",
  looking: "Looking for orders. This takes a second as a rule.",
  looked: (time: string) => `Last looked at ${time}.`,
  missed: (time: string) => `No answer since ${time}. New orders may be missing here. We go on trying.`,
  never: "No answer yet. We go on trying.",
  lookNow: "Look now",
  decided: "Decided by your trustee",
  why: "Why",
  open: "Read and decide",
  unreadable: plural("en", {
    one: "{n} order does not verify and is not shown. Tell your administrator.",
    other: "{n} orders do not verify and are not shown. Tell your administrator.",
  }),
  ring: "Ring when an emergency comes",
  ringHint: "It rings only while this page is open and you are signed in. Turning it on rings once.",
  until: (time: string) =>
    `You are signed in until ${time}. After that, nothing reaches you here until you sign in again.`,
};
type Words = typeof en;

const de: Words = {
  title: "Wartet auf Sie",
  emergencies: plural("de", { one: "{n} Notfall wartet", other: "{n} Notfälle warten" }),
  none: "Nichts wartet auf Sie",
  noneMore: "Lassen Sie diese Seite offen. Eine neue Anfrage erscheint hier in wenigen Sekunden.",
  looking: "Anfragen werden gesucht. Das dauert meist eine Sekunde.",
  looked: (time) => `Zuletzt nachgesehen um ${time}.`,
  missed: (time) => `Keine Antwort seit ${time}. Neue Anfragen können hier fehlen. Wir versuchen es weiter.`,
  never: "Noch keine Antwort. Wir versuchen es weiter.",
  lookNow: "Jetzt nachsehen",
  decided: "Von Ihrem Treuhänder entschieden",
  why: "Warum",
  open: "Lesen und entscheiden",
  unreadable: plural("de", {
    one: "{n} Anfrage ist nicht echt und wird nicht gezeigt. Sagen Sie es Ihrer Verwaltung.",
    other: "{n} Anfragen sind nicht echt und werden nicht gezeigt. Sagen Sie es Ihrer Verwaltung.",
  }),
  ring: "Bei einem Notfall läuten",
  ringHint: "Es läutet nur, solange diese Seite offen ist und Sie angemeldet sind. Beim Einschalten läutet es einmal.",
  until: (time) => `Sie sind bis ${time} angemeldet. Danach erreicht Sie hier nichts, bis Sie sich neu anmelden.`,
};

const ar: Words = {
  title: "بانتظارك",
  emergencies: plural("ar", {
    one: "حالة طارئة واحدة تنتظر",
    two: "حالتان طارئتان تنتظران",
    few: "{n} حالات طارئة تنتظر",
    other: "{n} حالة طارئة تنتظر",
  }),
  none: "لا شيء ينتظرك",
  noneMore: "اترك هذه الصفحة مفتوحة. يظهر الطلب الجديد هنا خلال ثوانٍ.",
  looking: "نبحث عن الطلبات. يستغرق ذلك ثانية عادة.",
  looked: (time) => `آخر نظرة في ${time}.`,
  missed: (time) => `لا جواب منذ ${time}. قد تنقص هنا طلبات جديدة. نواصل المحاولة.`,
  never: "لا جواب بعد. نواصل المحاولة.",
  lookNow: "انظر الآن",
  decided: "قرر فيها أمينك",
  why: "السبب",
  open: "اقرأ وقرر",
  unreadable: plural("ar", {
    one: "طلب واحد غير صحيح ولا يُعرض. أخبر الإدارة.",
    two: "طلبان غير صحيحين ولا يُعرضان. أخبر الإدارة.",
    few: "{n} طلبات غير صحيحة ولا تُعرض. أخبر الإدارة.",
    other: "{n} طلبًا غير صحيح ولا يُعرض. أخبر الإدارة.",
  }),
  ring: "رنّ عند وصول حالة طارئة",
  ringHint: "يرنّ فقط ما دامت هذه الصفحة مفتوحة وأنت مسجّل الدخول. عند التشغيل يرنّ مرة واحدة.",
  until: (time) => `أنت مسجّل الدخول حتى ${time}. بعد ذلك لا يصلك شيء هنا حتى تسجّل الدخول من جديد.`,
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
