// The words of "About this app", in three languages. Patients read them too.

import { wordsOf } from "../language.ts";

const en = {
  title: "About this app",
  compare: "Compare it with the published app",
  hint: "Best not right before or after a visit: the keeper of the public list sees when a phone reads it.",
  checking: "Comparing this app with the published one. This takes some seconds.",
  states: {
    current: {
      word: "This is the published app",
      text: "The public list has it, and no newer one.",
    },
    older: {
      word: "There is a newer app",
      text: "This one was published too. Close all its tabs, then open it again.",
    },
    other: {
      word: "The public list does not know this app",
      text: "Type nothing into it, and agree to nothing. Try again over another network. If this message stays, call the people who run the app.",
    },
    none: {
      word: "No app is published yet",
      text: "So there is nothing to compare with. Ask the people who run the app.",
    },
    unreachable: {
      word: "We could not compare",
      text: "The app's files or the public list gave no answer. This says nothing bad about the app. Check the network, then try again.",
    },
    broken: {
      word: "The public list does not add up",
      text: "Type nothing here, and agree to nothing. Call the people who run the app, and tell them this sentence.",
    },
  },
  here: "This app",
  newest: "Newest published",
  unknown: "not published",
  published: (version: string, source: string, day: string) => `Version ${version} (${source}), since ${day}`,
  numbers: "The number of this app",
  numberMore: "It is made from all files of the app. One letter changed in one file gives another number.",
  limitsTitle: "What this shows, and what not",
  shows: "The same app stands in a public list, where everybody can look at it and build it again.",
  showsNot: "It does not catch a server that lies to you alone. A false app can also show a false answer here.",
  outside: "So a check from outside counts more. Somebody whom you trust can run this on another computer:",
};
type Words = typeof en;

const de: Words = {
  title: "Über diese App",
  compare: "Mit der veröffentlichten App vergleichen",
  hint: "Am besten nicht kurz vor oder nach einem Besuch: Wer die öffentliche Liste führt, sieht, wann ein Telefon sie liest.",
  checking: "Die App wird mit der veröffentlichten verglichen. Das dauert einige Sekunden.",
  states: {
    current: {
      word: "Das ist die veröffentlichte App",
      text: "Die öffentliche Liste hat sie, und keine neuere.",
    },
    older: {
      word: "Es gibt eine neuere App",
      text: "Auch diese war veröffentlicht. Schließen Sie alle Tabs der App und öffnen Sie sie neu.",
    },
    other: {
      word: "Die öffentliche Liste kennt diese App nicht",
      text: "Geben Sie nichts ein und stimmen Sie nichts zu. Versuchen Sie es über ein anderes Netz. Bleibt diese Meldung, rufen Sie die Betreiber der App an.",
    },
    none: {
      word: "Es ist noch keine App veröffentlicht",
      text: "Deshalb lässt sich nichts vergleichen. Fragen Sie die Betreiber der App.",
    },
    unreachable: {
      word: "Der Vergleich war nicht möglich",
      text: "Die Dateien der App oder die öffentliche Liste haben nicht geantwortet. Das sagt nichts Schlechtes über die App. Prüfen Sie das Netz und versuchen Sie es noch einmal.",
    },
    broken: {
      word: "Die öffentliche Liste widerspricht sich",
      text: "Geben Sie hier nichts ein und stimmen Sie nichts zu. Rufen Sie die Betreiber der App an und sagen Sie ihnen diesen Satz.",
    },
  },
  here: "Diese App",
  newest: "Neueste veröffentlichte",
  unknown: "nicht veröffentlicht",
  published: (version, source, day) => `Fassung ${version} (${source}), seit ${day}`,
  numbers: "Die Nummer dieser App",
  numberMore:
    "Sie ist aus allen Dateien der App gemacht. Ein einziger anderer Buchstabe in einer Datei gibt eine andere Nummer.",
  limitsTitle: "Was das zeigt und was nicht",
  shows: "Dieselbe App steht in einer öffentlichen Liste. Alle können sie dort ansehen und noch einmal bauen.",
  showsNot:
    "Einen Server, der nur Sie belügt, deckt das nicht auf. Eine falsche App kann hier auch eine falsche Antwort zeigen.",
  outside:
    "Mehr zählt deshalb eine Prüfung von außen. Jemand, dem Sie vertrauen, kann das auf einem anderen Rechner ausführen:",
};

const ar: Words = {
  title: "عن هذا التطبيق",
  compare: "قارنه بالتطبيق المنشور",
  hint: "الأفضل ألا يكون ذلك قبيل زيارة أو بعدها مباشرة: من يدير القائمة العامة يرى متى يقرؤها هاتف.",
  checking: "نقارن هذا التطبيق بالتطبيق المنشور. يستغرق ذلك بضع ثوانٍ.",
  states: {
    current: {
      word: "هذا هو التطبيق المنشور",
      text: "هو موجود في القائمة العامة، ولا يوجد أحدث منه.",
    },
    older: {
      word: "يوجد تطبيق أحدث",
      text: "هذا أيضًا كان منشورًا. أغلق كل علامات تبويب التطبيق ثم افتحه من جديد.",
    },
    other: {
      word: "القائمة العامة لا تعرف هذا التطبيق",
      text: "لا تكتب فيه شيئًا ولا توافق على شيء. حاول مرة أخرى عبر شبكة أخرى. إذا بقيت هذه الرسالة فاتصل بمن يدير التطبيق.",
    },
    none: {
      word: "لم يُنشر أي تطبيق بعد",
      text: "لذلك لا يوجد ما نقارن به. اسأل من يدير التطبيق.",
    },
    unreachable: {
      word: "تعذرت المقارنة",
      text: "لم تجب ملفات التطبيق أو لم تجب القائمة العامة. هذا لا يعني شيئًا سيئًا عن التطبيق. تحقق من الشبكة ثم حاول مرة أخرى.",
    },
    broken: {
      word: "القائمة العامة تناقض نفسها",
      text: "لا تكتب هنا شيئًا ولا توافق على شيء. اتصل بمن يدير التطبيق وأخبره بهذه الجملة.",
    },
  },
  here: "هذا التطبيق",
  newest: "أحدث تطبيق منشور",
  unknown: "غير منشور",
  published: (version, source, day) => `الإصدار ${version} (${source})، منذ ${day}`,
  numbers: "رقم هذا التطبيق",
  numberMore: "هو مصنوع من كل ملفات التطبيق. حرف واحد مختلف في ملف واحد يعطي رقمًا آخر.",
  limitsTitle: "ما يثبته هذا وما لا يثبته",
  shows: "التطبيق نفسه موجود في قائمة عامة يستطيع الجميع النظر فيها وبناءه من جديد.",
  showsNot: "لا يكشف هذا خادمًا يكذب عليك وحدك. والتطبيق المزيف قد يعرض هنا جوابًا مزيفًا أيضًا.",
  outside: "لذلك فالفحص من الخارج أهم. يستطيع شخص تثق به أن ينفّذ هذا على حاسوب آخر:",
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
