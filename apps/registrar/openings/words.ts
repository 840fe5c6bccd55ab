// What the desk says about openings, in three languages: what it cannot do, who can, and how a person hears of one.

import { wordsOf } from "../../shared/language.ts";

const en = {
  title: "When somebody's records are opened",
  lead: "People ask about this at the desk. Nothing on this page needs an act of yours.",
  parts: [
    {
      title: "Who answers a trace",
      lines: [
        "A trace finds the person behind one visit. The registry's machine answers it, not this desk.",
        "It answers only if enough officers of independent trustees approved the order. The public log must have the order, and the notice to the person too.",
        "The answer is sealed to the office that asked. This desk cannot start a trace, see one, speed it up or stop it.",
        "The machine learns which person it was. It does not learn which visit or which clinic.",
      ],
    },
    {
      title: "Is there a list?",
      lines: [
        "There is no list of answers at this desk. The machine remembers for each case that it has answered, so that a case is answered once. What it answered is sealed.",
        "Every order stands in the public log, without the person's name. Everybody can read the log.",
      ],
    },
    {
      title: "How a person hears of it",
      lines: [
        "Every opening puts a notice into the public log. Only the person's own phone can tell that a notice is theirs. It looks by itself and shows it under “Who looked”.",
        "The registry must not know who was opened, so this desk cannot tell anybody, and cannot send a letter.",
      ],
    },
    {
      title: "If the phone is lost",
      lines: [
        "Give the person a fresh code. On the new phone they choose “I have 24 words from an earlier phone” first. Then the notices for the earlier visits are found as well.",
        "Without the recovery words, nobody can find the notices for the earlier visits any more. New notices come to the new phone.",
      ],
    },
    {
      title: "If there was never a phone",
      lines: [
        "Then there is no pass and no visit under it. There is nothing to open, so there is no notice.",
        "A person can set up the app on any phone or computer that is theirs alone. On a device that others use, the others can read it.",
        "This desk prints no card for one visit. The secrets that prove a pass are made on the person's own device, and the registry must not have them.",
      ],
    },
  ],
};
export type Words = typeof en;

const de: Words = {
  title: "Wenn Einträge eines Menschen geöffnet werden",
  lead: "Danach wird am Schalter gefragt. Auf dieser Seite müssen Sie nichts tun.",
  parts: [
    {
      title: "Wer eine Rückfrage nach der Person beantwortet",
      lines: [
        "Eine solche Rückfrage findet den Menschen hinter einem Besuch. Die Maschine der Registrierung beantwortet sie, nicht dieser Schalter.",
        "Sie antwortet nur, wenn genug Beauftragte unabhängiger Treuhänder zugestimmt haben, wenn die Anordnung im öffentlichen Protokoll steht, und auch die Nachricht an die Person.",
        "Die Antwort ist für die Stelle versiegelt, die gefragt hat. Dieser Schalter kann sie nicht auslösen, sehen, beschleunigen oder aufhalten.",
        "Die Maschine erfährt, welcher Mensch es war. Sie erfährt nicht, welcher Besuch oder welche Klinik.",
      ],
    },
    {
      title: "Gibt es eine Liste?",
      lines: [
        "An diesem Schalter gibt es keine Liste der Antworten. Die Maschine merkt sich zu jedem Fall, dass sie geantwortet hat, damit sie es nur einmal tut. Die Antwort selbst ist versiegelt.",
        "Jede Anordnung steht im öffentlichen Protokoll, ohne den Namen der Person. Alle können es lesen.",
      ],
    },
    {
      title: "Wie die Person davon erfährt",
      lines: [
        "Jede Öffnung legt eine Nachricht in das öffentliche Protokoll. Nur das eigene Telefon erkennt, dass sie der Person gilt. Es sucht von selbst und zeigt sie unter „Zugriffe“.",
        "Die Registrierung darf nicht wissen, wessen Einträge geöffnet wurden. Darum kann dieser Schalter niemandem Bescheid geben und keinen Brief schicken.",
      ],
    },
    {
      title: "Wenn das Telefon verloren ist",
      lines: [
        "Geben Sie der Person einen neuen Code. Auf dem neuen Telefon wählt sie zuerst „Ich habe 24 Wörter von einem früheren Telefon“. Dann werden auch die Nachrichten zu früheren Besuchen gefunden.",
        "Ohne die Wörter kann niemand mehr die Nachrichten zu früheren Besuchen finden. Neue Nachrichten kommen auf das neue Telefon.",
      ],
    },
    {
      title: "Wenn es nie ein Telefon gab",
      lines: [
        "Dann gibt es keinen Pass und keinen Besuch damit. Es gibt nichts zu öffnen, also auch keine Nachricht.",
        "Die App läuft auf jedem Telefon oder Rechner, der nur dieser Person gehört. Auf einem geteilten Gerät können die anderen mitlesen.",
        "Dieser Schalter druckt keine Karte für einen einzelnen Besuch. Die Geheimnisse hinter einem Pass entstehen auf dem eigenen Gerät, und die Registrierung darf sie nicht haben.",
      ],
    },
  ],
};

const ar: Words = {
  title: "حين تُفتح سجلات شخص",
  lead: "يسأل الناس عن هذا في المكتب. لا شيء في هذه الصفحة يحتاج إلى عمل منك.",
  parts: [
    {
      title: "من يجيب عن طلب معرفة الشخص",
      lines: [
        "يكشف هذا الطلب الشخص وراء زيارة واحدة. تجيب عنه آلة السجل، لا هذا المكتب.",
        "لا تجيب إلا إذا وافق عدد كافٍ من موظفي جهات أمينة مستقلة، وكان الأمر في السجل العام، وكان فيه الإشعار للشخص.",
        "الجواب مختوم للجهة التي سألت. لا يستطيع هذا المكتب أن يبدأ الطلب أو يراه أو يسرّعه أو يوقفه.",
        "تعرف الآلة من هو الشخص. لا تعرف أي زيارة ولا أي عيادة.",
      ],
    },
    {
      title: "هل توجد قائمة؟",
      lines: [
        "لا قائمة للأجوبة في هذا المكتب. تتذكر الآلة لكل قضية أنها أجابت، كي تجيب مرة واحدة. أما الجواب نفسه فمختوم.",
        "كل أمر موجود في السجل العام من دون اسم الشخص. يستطيع الجميع قراءة السجل.",
      ],
    },
    {
      title: "كيف يعرف الشخص",
      lines: [
        "كل فتح يضع إشعاراً في السجل العام. هاتف الشخص وحده يعرف أن الإشعار له. يبحث من تلقاء نفسه ويعرضه تحت «من اطّلع».",
        "يجب ألا يعرف السجل من فُتحت سجلاته، لذلك لا يستطيع هذا المكتب أن يخبر أحداً ولا أن يرسل رسالة.",
      ],
    },
    {
      title: "إن فُقد الهاتف",
      lines: [
        "أعطِ الشخص رمزاً جديداً. على الهاتف الجديد يختار أولاً «لدي 24 كلمة من هاتف سابق». عندئذ تُوجد إشعارات الزيارات السابقة أيضاً.",
        "من دون كلمات الاستعادة لا يستطيع أحد أن يجد إشعارات الزيارات السابقة. الإشعارات الجديدة تصل إلى الهاتف الجديد.",
      ],
    },
    {
      title: "إن لم يكن هناك هاتف قط",
      lines: [
        "عندئذ لا بطاقة ولا زيارة بها. لا شيء يُفتح، فلا إشعار.",
        "يعمل التطبيق على أي هاتف أو حاسوب يملكه الشخص وحده. على جهاز مشترك يستطيع الآخرون القراءة.",
        "لا يطبع هذا المكتب بطاقة لزيارة واحدة. تُصنع أسرار البطاقة على جهاز الشخص نفسه، ويجب ألا تكون عند السجل.",
      ],
    },
  ],
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
