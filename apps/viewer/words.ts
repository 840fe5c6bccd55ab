// The words of the viewer, in three languages.

import { type Language, plural, wordsOf } from "../shared/language.ts";
import type { Refusal } from "./engine.ts";

type Refusals = Readonly<Record<Refusal, readonly [title: string, text: string]>>;

const en = {
  name: "Shared records",
  enterTitle: "Open shared records",
  enter: "Open the link that you were sent, or paste it here.",
  link: "Link",
  linkHint: "It contains shlink:/ and many letters after it.",
  useLink: "Go on",
  askTitle: "Shared records",
  ask: "Somebody shares health records with you. They are opened in this browser, and the host cannot read them.",
  yourName: "Your name",
  yourNameHint: "It is sent to the host, as the rules of these links ask. It is not kept.",
  nameMissing: "Write your name, or the name of your practice.",
  passcode: "Passcode",
  passcodeHint: "The person who shares tells you these digits.",
  passcodeMissing: "Write the passcode.",
  wrongPasscode: "This is not the passcode",
  tryPasscode: "Ask the person who shares for it.",
  left: plural("en", {
    one: "One try is left. After it the link ends. Ask the person who shares before you try.",
    other: "{n} tries are left. Ask the person who shares.",
  }),
  openUntil: (time: string) => `This link can be opened until ${time}.`,
  open: "Show the records",
  opening: "The records are being fetched and opened …",
  refusals: {
    "link-malformed": [
      "This link is not complete",
      "Copy the whole link, with all letters after shlink:/, and try again.",
    ],
    "link-unsupported": ["This link is of another kind", "This page cannot open it. Ask for a link of another kind."],
    "link-expired": ["The time of this link is over", "Ask the person who shares for a new link."],
    "link-ended": [
      "This link shows nothing any more",
      "The person ended it, its time is over, or there were too many wrong passcodes. Ask for a new link.",
    ],
    "passcode-wrong": [
      "This link shows nothing any more",
      "That was the last wrong passcode. Ask the person who shares for a new link.",
    ],
    "link-unreadable": [
      "The records cannot be opened",
      "The link and what it leads to do not fit. Copy the whole link again, or ask for a new one.",
    ],
    "share-too-large": ["The records cannot be opened", "Ask the person who shares for a new link."],
    "other-host": [
      "This link leads elsewhere",
      "This page opens links of its own host only. Open the link in the page or app that it came with.",
    ],
  } as Refusals,
  otherLink: "Open another link",
  nothingKept: "This page keeps nothing.",
  person: "About",
  born: "Born",
  made: "Put together on",
  leave: "This page keeps nothing. When you close or reload it, open the link again.",
  emptyTitle: "Nothing to show",
  empty: "There are no records in this link.",
  charts: plural("en", { one: "Values over time: {n} chart", other: "Values over time: {n} charts" }),
  printAll: "Print everything",
  back: "All records",
};
type Words = typeof en;

const de: Words = {
  name: "Geteilte Akte",
  enterTitle: "Geteilte Akte öffnen",
  enter: "Öffnen Sie den Link, den Sie bekommen haben, oder fügen Sie ihn hier ein.",
  link: "Link",
  linkHint: "Er enthält shlink:/ und danach viele Buchstaben.",
  useLink: "Weiter",
  askTitle: "Geteilte Akte",
  ask: "Jemand zeigt Ihnen eine Gesundheitsakte. Sie wird in diesem Browser geöffnet. Der Betreiber kann sie nicht lesen.",
  yourName: "Ihr Name",
  yourNameHint: "Er geht an den Betreiber, wie es die Regeln dieser Links verlangen. Er wird nicht behalten.",
  nameMissing: "Schreiben Sie Ihren Namen oder den Ihrer Praxis.",
  passcode: "Zahlencode",
  passcodeHint: "Die Person, die teilt, sagt Ihnen diese Ziffern.",
  passcodeMissing: "Schreiben Sie den Zahlencode.",
  wrongPasscode: "Das ist nicht der Zahlencode",
  tryPasscode: "Fragen Sie die Person, die teilt.",
  left: plural("de", {
    one: "Ein Versuch bleibt. Danach endet der Link. Fragen Sie vorher die Person, die teilt.",
    other: "{n} Versuche bleiben. Fragen Sie die Person, die teilt.",
  }),
  openUntil: (time) => `Dieser Link ist offen bis ${time}.`,
  open: "Akte zeigen",
  opening: "Die Akte wird geholt und geöffnet …",
  refusals: {
    "link-malformed": [
      "Dieser Link ist nicht vollständig",
      "Kopieren Sie den ganzen Link, mit allen Buchstaben nach shlink:/, und versuchen Sie es noch einmal.",
    ],
    "link-unsupported": [
      "Dieser Link ist von anderer Art",
      "Diese Seite kann ihn nicht öffnen. Bitten Sie um einen anderen.",
    ],
    "link-expired": ["Die Zeit dieses Links ist um", "Bitten Sie die Person, die teilt, um einen neuen Link."],
    "link-ended": [
      "Dieser Link zeigt nichts mehr",
      "Er wurde beendet, seine Zeit ist um, oder der Zahlencode war zu oft falsch. Bitten Sie um einen neuen Link.",
    ],
    "passcode-wrong": [
      "Dieser Link zeigt nichts mehr",
      "Das war der letzte falsche Zahlencode. Bitten Sie die Person, die teilt, um einen neuen Link.",
    ],
    "link-unreadable": [
      "Die Akte lässt sich nicht öffnen",
      "Der Link passt nicht zu dem, was dahinter liegt. Kopieren Sie ihn noch einmal ganz, oder bitten Sie um einen neuen.",
    ],
    "share-too-large": ["Die Akte lässt sich nicht öffnen", "Bitten Sie die Person, die teilt, um einen neuen Link."],
    "other-host": [
      "Dieser Link führt woandershin",
      "Diese Seite öffnet nur Links ihres eigenen Betreibers. Öffnen Sie ihn mit der Seite oder App, von der er kommt.",
    ],
  },
  otherLink: "Anderen Link öffnen",
  nothingKept: "Diese Seite behält nichts.",
  person: "Akte von",
  born: "Geboren",
  made: "Zusammengestellt am",
  leave: "Diese Seite behält nichts. Wenn Sie sie schließen oder neu laden, öffnen Sie den Link noch einmal.",
  emptyTitle: "Nichts zu zeigen",
  empty: "In diesem Link sind keine Einträge.",
  charts: plural("de", { one: "Werte im Verlauf: {n} Kurve", other: "Werte im Verlauf: {n} Kurven" }),
  printAll: "Alles drucken",
  back: "Alle Einträge",
};

const ar: Words = {
  name: "سجلات مشتركة",
  enterTitle: "افتح السجلات المشتركة",
  enter: "افتح الرابط الذي أُرسل إليك، أو ألصقه هنا.",
  link: "الرابط",
  linkHint: "فيه shlink:/ وبعدها حروف كثيرة.",
  useLink: "تابع",
  askTitle: "سجلات مشتركة",
  ask: "يشاركك شخص سجلات صحية. تُفتح في هذا المتصفح، ولا يستطيع المضيف قراءتها.",
  yourName: "اسمك",
  yourNameHint: "يُرسل إلى المضيف كما تطلب قواعد هذه الروابط. ولا يُحفظ.",
  nameMissing: "اكتب اسمك أو اسم عيادتك.",
  passcode: "رمز المرور",
  passcodeHint: "يقول لك هذه الأرقام الشخص الذي يشارك.",
  passcodeMissing: "اكتب رمز المرور.",
  wrongPasscode: "هذا ليس رمز المرور",
  tryPasscode: "اسأل الشخص الذي يشارك.",
  left: plural("ar", {
    zero: "لم تبق محاولات.",
    one: "بقيت محاولة واحدة، وبعدها ينتهي الرابط. اسأل الشخص الذي يشارك قبل أن تحاول.",
    two: "بقيت محاولتان. اسأل الشخص الذي يشارك.",
    few: "بقيت {n} محاولات. اسأل الشخص الذي يشارك.",
    many: "بقيت {n} محاولة. اسأل الشخص الذي يشارك.",
    other: "بقيت {n} محاولة. اسأل الشخص الذي يشارك.",
  }),
  openUntil: (time) => `يمكن فتح هذا الرابط حتى ${time}.`,
  open: "أظهر السجلات",
  opening: "تُجلب السجلات وتُفتح …",
  refusals: {
    "link-malformed": ["هذا الرابط غير كامل", "انسخ الرابط كله مع كل الحروف بعد shlink:/ ثم حاول مرة أخرى."],
    "link-unsupported": ["هذا الرابط من نوع آخر", "لا تستطيع هذه الصفحة فتحه. اطلب رابطًا من نوع آخر."],
    "link-expired": ["انتهى وقت هذا الرابط", "اطلب رابطًا جديدًا من الشخص الذي يشارك."],
    "link-ended": [
      "لم يعد هذا الرابط يعرض شيئًا",
      "أنهاه الشخص، أو انتهى وقته، أو كانت الرموز الخاطئة كثيرة. اطلب رابطًا جديدًا.",
    ],
    "passcode-wrong": ["لم يعد هذا الرابط يعرض شيئًا", "كان هذا آخر رمز خاطئ. اطلب رابطًا جديدًا من الشخص الذي يشارك."],
    "link-unreadable": [
      "لا يمكن فتح السجلات",
      "الرابط لا يناسب ما يقود إليه. انسخ الرابط كله مرة أخرى، أو اطلب رابطًا جديدًا.",
    ],
    "share-too-large": ["لا يمكن فتح السجلات", "اطلب رابطًا جديدًا من الشخص الذي يشارك."],
    "other-host": [
      "هذا الرابط يقود إلى مكان آخر",
      "تفتح هذه الصفحة روابط مضيفها فقط. افتحه في الصفحة أو التطبيق الذي جاء منه.",
    ],
  },
  otherLink: "افتح رابطًا آخر",
  nothingKept: "لا تحفظ هذه الصفحة شيئًا.",
  person: "عن",
  born: "الميلاد",
  made: "جُمعت في",
  leave: "لا تحفظ هذه الصفحة شيئًا. إذا أغلقتها أو أعدت تحميلها فافتح الرابط مرة أخرى.",
  emptyTitle: "لا شيء للعرض",
  empty: "لا توجد سجلات في هذا الرابط.",
  charts: plural("ar", {
    one: "القيم مع الوقت: رسم واحد",
    two: "القيم مع الوقت: رسمان",
    few: "القيم مع الوقت: {n} رسوم",
    other: "القيم مع الوقت: {n} رسمًا",
  }),
  printAll: "اطبع كل شيء",
  back: "كل السجلات",
};

export const CATALOGUE: Record<Language, Words> = { en, de, ar };
export const words = wordsOf(CATALOGUE);
