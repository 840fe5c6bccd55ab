// The words for reading a visit card, in three languages.

import { wordsOf } from "../../shared/language.ts";

const en = {
  open: "Read a visit card",
  title: "Visit card",
  lead: "The patient has checked in before, and brings a printed card in place of a phone.",
  start: "Start the camera",
  stop: "Stop the camera",
  camera: "Picture of the camera",
  noCamera: "There is no camera. Choose a photo, or type the letters.",
  photo: "Or a photo of the card",
  letters: "Or the letters under the code",
  lettersHint: "Spaces do not matter, nor do small letters.",
  use: "Read these letters",
  reading: "Looking for the visit of this card …",
  none: "This is no whole visit card. Try again in better light, or type the letters under the code.",
  arrived: "Here with a visit card",
  here: "here, with a card",
  used: (time: string) => `This card was used at ${time}`,
  usedDo:
    "Is this the same person? Then go on with the visit. If not, somebody else came with the card. Ask this person to check in anew.",
};
type Words = typeof en;

const de: Words = {
  open: "Eine Besuchskarte lesen",
  title: "Besuchskarte",
  lead: "Die Person hat sich vorher angemeldet. Sie bringt eine gedruckte Karte statt eines Telefons.",
  start: "Kamera einschalten",
  stop: "Kamera ausschalten",
  camera: "Bild der Kamera",
  noCamera: "Es gibt keine Kamera. Wählen Sie ein Foto, oder tippen Sie die Zeichen.",
  photo: "Oder ein Foto der Karte",
  letters: "Oder die Zeichen unter dem Code",
  lettersHint: "Leerzeichen sind egal, kleine Buchstaben auch.",
  use: "Diese Zeichen lesen",
  reading: "Der Besuch zu dieser Karte wird gesucht …",
  none: "Das ist keine ganze Besuchskarte. Versuchen Sie es bei mehr Licht, oder tippen Sie die Zeichen unter dem Code.",
  arrived: "Mit Besuchskarte da",
  here: "da, mit Karte",
  used: (time) => `Diese Karte wurde schon benutzt: ${time}`,
  usedDo:
    "Ist es dieselbe Person? Dann machen Sie mit dem Besuch weiter. Wenn nicht, kam jemand anderes mit der Karte. Bitten Sie diese Person, sich neu anzumelden.",
};

const ar: Words = {
  open: "اقرأ بطاقة زيارة",
  title: "بطاقة زيارة",
  lead: "سجّل المريض وصوله من قبل، ويحمل بطاقة مطبوعة بدل الهاتف.",
  start: "شغّل الكاميرا",
  stop: "أوقف الكاميرا",
  camera: "صورة الكاميرا",
  noCamera: "لا توجد كاميرا. اختر صورة أو اكتب الحروف.",
  photo: "أو صورة للبطاقة",
  letters: "أو الحروف تحت الرمز",
  lettersHint: "لا تهم المسافات ولا الحروف الصغيرة.",
  use: "اقرأ هذه الحروف",
  reading: "نبحث عن زيارة هذه البطاقة …",
  none: "هذه ليست بطاقة زيارة كاملة. حاول في ضوء أفضل أو اكتب الحروف تحت الرمز.",
  arrived: "هنا ببطاقة زيارة",
  here: "هنا، ببطاقة",
  used: (time) => `استُخدمت هذه البطاقة من قبل: ${time}`,
  usedDo: "هل هو الشخص نفسه؟ إذن تابع الزيارة. وإلا فقد جاء غيره بالبطاقة. اطلب من هذا الشخص أن يسجل وصوله من جديد.",
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
