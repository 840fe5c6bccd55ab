// The words of the sheet that a person takes home, in the language of that person. It must work for somebody who is afraid, alone,
// and has never done this.

import type { Language } from "../../shared/language.ts";

const en = {
  title: "Your code for the app “Visits”",
  keep: "Keep this sheet like a key. Your name is not on it.",
  until: (when: string) => `Use it by ${when}.`,
  later: "After that it is void. The desk makes you a new one.",
  scan: "The code. Your phone reads it.",
  steps: [
    "Take your own phone. Open its camera, hold it over the square, and tap the link that appears.",
    "The app opens. It shows your name and your birth date.",
    "Are they yours? Tap Yes. If they are not, tap No and come back to the desk. Nothing bad has happened.",
    "Choose how the app is locked. Then you are done. Tear up this sheet: the code works once.",
  ],
  typeTitle: "If the camera does not work",
  type: "Open this address in your phone's browser, tap “Other ways”, and type these letters row by row. Capital or small does not matter. If one is wrong, the app says so.",
  row: "Row",
  hadTitle: "If you had the app before",
  had: "Choose “I have 24 words from an earlier phone” first. Then your earlier visits come back. Without the words the app begins anew.",
  helpTitle: "If somebody else saw this sheet, or it is lost",
  help: "Call the desk. It makes the code void at once. Telephone:",
  knowTitle: "What the registry learns",
  know: "It knows your name, your number, your birth date and what your pass says. It never learns which clinic you visit, or when.",
};
export type SheetWords = typeof en;

const de: SheetWords = {
  title: "Ihr Code für die App „Besuche“",
  keep: "Hüten Sie dieses Blatt wie einen Schlüssel. Ihr Name steht nicht darauf.",
  until: (when) => `Benutzen Sie es bis ${when}.`,
  later: "Danach gilt es nicht mehr. Der Schalter macht Ihnen ein neues.",
  scan: "Der Code. Ihr Telefon liest ihn.",
  steps: [
    "Nehmen Sie Ihr eigenes Telefon. Öffnen Sie die Kamera, halten Sie sie über das Quadrat, und tippen Sie auf den Link, der erscheint.",
    "Die App öffnet sich. Sie zeigt Ihren Namen und Ihr Geburtsdatum.",
    "Stimmt beides? Tippen Sie auf Ja. Wenn nicht, tippen Sie auf Nein und kommen Sie wieder an den Schalter. Es ist nichts Schlimmes passiert.",
    "Wählen Sie, wie die App gesperrt wird. Dann sind Sie fertig. Zerreißen Sie dieses Blatt: der Code gilt einmal.",
  ],
  typeTitle: "Wenn die Kamera nicht geht",
  type: "Öffnen Sie diese Adresse im Browser Ihres Telefons, tippen Sie auf „Andere Wege“, und tippen Sie diese Zeichen Zeile für Zeile. Groß oder klein ist gleich. Ist eines falsch, sagt es die App.",
  row: "Zeile",
  hadTitle: "Wenn Sie die App schon hatten",
  had: "Wählen Sie zuerst „Ich habe 24 Wörter von einem früheren Telefon“. Dann kommen Ihre früheren Besuche zurück. Ohne die Wörter fängt die App neu an.",
  helpTitle: "Wenn jemand anderes dieses Blatt gesehen hat, oder es weg ist",
  help: "Rufen Sie den Schalter an. Er macht den Code sofort ungültig. Telefon:",
  knowTitle: "Was die Registrierung erfährt",
  know: "Sie kennt Ihren Namen, Ihre Nummer, Ihr Geburtsdatum und was Ihr Pass sagt. Sie erfährt nie, welche Klinik Sie besuchen, und wann.",
};

const ar: SheetWords = {
  title: "رمزك لتطبيق «الزيارات»",
  keep: "احفظ هذه الورقة كما تحفظ مفتاحاً. اسمك ليس عليها.",
  until: (when) => `استخدمها قبل ${when}.`,
  later: "بعد ذلك تبطل. يصنع لك المكتب ورقة جديدة.",
  scan: "الرمز. يقرؤه هاتفك.",
  steps: [
    "خذ هاتفك أنت. افتح الكاميرا، وضعها فوق المربع، والمس الرابط الذي يظهر.",
    "يفتح التطبيق. يعرض اسمك وتاريخ ميلادك.",
    "هل هما لك؟ المس نعم. إن لم يكونا لك فالمس لا وعد إلى المكتب. لم يحدث شيء سيئ.",
    "اختر كيف يُقفل التطبيق. وبهذا تنتهي. مزّق هذه الورقة: الرمز يعمل مرة واحدة.",
  ],
  typeTitle: "إن لم تعمل الكاميرا",
  type: "افتح هذا العنوان في متصفح هاتفك، والمس «طرق أخرى»، واكتب هذه الأحرف صفاً بعد صف. لا فرق بين الأحرف الكبيرة والصغيرة. إن أخطأت في حرف أخبرك التطبيق.",
  row: "الصف",
  hadTitle: "إن كان التطبيق عندك من قبل",
  had: "اختر أولاً «لدي 24 كلمة من هاتف سابق». عندئذ تعود زياراتك السابقة. من دون الكلمات يبدأ التطبيق من جديد.",
  helpTitle: "إن رأى غيرك هذه الورقة أو ضاعت",
  help: "اتصل بالمكتب. يُبطل الرمز فوراً. الهاتف:",
  knowTitle: "ما يعرفه السجل",
  know: "يعرف اسمك ورقمك وتاريخ ميلادك وما تقوله بطاقتك. لا يعرف أبداً أي عيادة تزور ولا متى.",
};

export const SHEETS: Record<Language, SheetWords> = { en, de, ar };
