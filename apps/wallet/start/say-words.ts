// The words of the screen on which a person types the six words of a desk.

import { wordsOf } from "../../shared/language.ts";

const en = {
  title: "Type the six words",
  how: "Ask at the desk for the six words under its code. Type them in their order. Four letters of each word are enough.",
  word: (n: number) => `Word ${n}`,
  read: "Go on",
  wait: "Looking for the clinic that shows these words …",
  empty: "This word is missing.",
  unknown: "No word of the list is written so.",
  choose: (word: string) => `Take “${word}”`,
  someWrong: "Not all words are right",
  someWrongMore: "Look at the words that are marked. Tap the right one if it stands beneath.",
  check: "One word is another one, or two have changed places. Ask for the words once more, slowly.",
  none: "No clinic shows these words now. They last ten minutes at most. Ask at the desk for new ones.",
  back: "Back to the camera",
};
type Words = typeof en;

const de: Words = {
  title: "Die sechs Wörter eintippen",
  how: "Fragen Sie am Empfang nach den sechs Wörtern unter dem Code. Tippen Sie sie in dieser Reihenfolge. Vier Buchstaben je Wort genügen. Die Wörter sind englisch.",
  word: (n) => `Wort ${n}`,
  read: "Weiter",
  wait: "Die Praxis zu diesen Wörtern wird gesucht …",
  empty: "Dieses Wort fehlt.",
  unknown: "So schreibt sich kein Wort der Liste.",
  choose: (word) => `„${word}“ nehmen`,
  someWrong: "Nicht alle Wörter stimmen",
  someWrongMore: "Sehen Sie die markierten Wörter an. Tippen Sie auf das richtige, wenn es darunter steht.",
  check: "Ein Wort ist ein anderes, oder zwei sind vertauscht. Lassen Sie sich die Wörter noch einmal langsam sagen.",
  none: "Keine Praxis zeigt jetzt diese Wörter. Sie gelten höchstens zehn Minuten. Fragen Sie am Empfang nach neuen.",
  back: "Zurück zur Kamera",
};

const ar: Words = {
  title: "اكتب الكلمات الست",
  how: "اسأل عند المكتب عن الكلمات الست تحت الرمز. اكتبها بترتيبها. تكفي أربعة أحرف من كل كلمة. الكلمات بالإنجليزية.",
  word: (n) => `الكلمة ${n}`,
  read: "تابع",
  wait: "نبحث عن العيادة التي تعرض هذه الكلمات …",
  empty: "هذه الكلمة ناقصة.",
  unknown: "لا توجد كلمة في القائمة تُكتب هكذا.",
  choose: (word) => `خذ «${word}»`,
  someWrong: "ليست كل الكلمات صحيحة",
  someWrongMore: "انظر إلى الكلمات المعلَّمة. المس الكلمة الصحيحة إن كانت تحتها.",
  check: "إحدى الكلمات غير صحيحة، أو تبادلت كلمتان مكانيهما. اطلب الكلمات مرة أخرى ببطء.",
  none: "لا تعرض أي عيادة هذه الكلمات الآن. تبقى عشر دقائق على الأكثر. اطلب كلمات جديدة عند المكتب.",
  back: "عُد إلى الكاميرا",
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
