// The words of the card of a visit, on the screen and on paper, in three languages.

import { wordsOf } from "../../shared/language.ts";

const en = {
  title: "A card for this visit",
  lead: "Print this card if you go to the clinic without this phone. The desk reads it in place of the phone.",
  making: "Making the card …",
  card: "Visit card",
  until: (when: string) => `Good once, until ${when}.`,
  half: "The left half of the disc of this visit. The clinic has the right half.",
  code: "The code of this card. The clinic's desk reads it.",
  atClinic:
    "Show this card at the clinic's desk. The desk reads the code and holds the half disc next to its own half.",
  typeTitle: "If the code cannot be read, the desk types these letters",
  noName: "This card does not say your name or the clinic's. Please write neither on it. Tear it up after the visit.",
  care: "Keep the card like a key. Until it is used, anybody who has it can come in your place.",
  shared: "A shared computer or printer may keep a copy. Print where only you can see it.",
  print: "Print the card",
  back: "Back to the visit",
};
type Words = typeof en;

const de: Words = {
  title: "Eine Karte für diesen Besuch",
  lead: "Drucken Sie diese Karte, wenn Sie ohne dieses Telefon in die Praxis gehen. Der Empfang liest sie statt des Telefons.",
  making: "Die Karte entsteht …",
  card: "Besuchskarte",
  until: (when) => `Gilt einmal, bis ${when}.`,
  half: "Die linke Hälfte der Scheibe dieses Besuchs. Die Praxis hat die rechte.",
  code: "Der Code dieser Karte. Der Empfang der Praxis liest ihn.",
  atClinic:
    "Zeigen Sie diese Karte am Empfang der Praxis. Der Empfang liest den Code und hält die halbe Scheibe neben seine eigene Hälfte.",
  typeTitle: "Ist der Code nicht lesbar, tippt der Empfang diese Zeichen",
  noName:
    "Auf dieser Karte steht weder Ihr Name noch der Name der Praxis. Schreiben Sie bitte keinen darauf. Zerreißen Sie die Karte nach dem Besuch.",
  care: "Hüten Sie die Karte wie einen Schlüssel. Bis sie benutzt ist, kann jeder damit an Ihrer Stelle kommen.",
  shared:
    "Ein Computer oder Drucker, den auch andere benutzen, behält vielleicht eine Kopie. Drucken Sie dort, wo nur Sie es sehen.",
  print: "Karte drucken",
  back: "Zurück zum Besuch",
};

const ar: Words = {
  title: "بطاقة لهذه الزيارة",
  lead: "اطبع هذه البطاقة إن كنت تذهب إلى العيادة دون هذا الهاتف. يقرؤها المكتب بدل الهاتف.",
  making: "نجهّز البطاقة …",
  card: "بطاقة زيارة",
  until: (when) => `صالحة مرة واحدة حتى ${when}.`,
  half: "النصف الأيسر من قرص هذه الزيارة. لدى العيادة النصف الأيمن.",
  code: "رمز هذه البطاقة. يقرؤه مكتب العيادة.",
  atClinic: "أظهر هذه البطاقة عند مكتب العيادة. يقرأ المكتب الرمز ويضع نصف القرص بجانب نصفه.",
  typeTitle: "إن تعذرت قراءة الرمز يكتب المكتب هذه الحروف",
  noName: "ليس على هذه البطاقة اسمك ولا اسم العيادة. لا تكتب أيًا منهما عليها من فضلك. مزّقها بعد الزيارة.",
  care: "احفظ البطاقة كما تحفظ مفتاحًا. حتى تُستخدم، يستطيع كل من يحملها أن يأتي مكانك.",
  shared: "قد يحتفظ حاسوب أو طابعة مشتركة بنسخة. اطبع حيث لا يراها أحد غيرك.",
  print: "اطبع البطاقة",
  back: "عُد إلى الزيارة",
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
