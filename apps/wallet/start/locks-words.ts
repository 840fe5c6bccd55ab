// The words of the screen of locks.

import { wordsOf } from "../../shared/language.ts";

const en = {
  title: "How this app is locked",
  one: "This app has one lock. If you lose it, you need your 24 words and a new code from the desk. A second lock saves you that.",
  both: "Either lock opens this app. If one is lost, the other still opens it.",
  names: { passkey: "The phone’s own lock", passphrase: "A passphrase" },
  inUse: "In use",
  notInUse: "Not in use",
  abouts: {
    passkey:
      "Your finger, face or code opens it. It is a passkey with the name “Visits”. If you delete it from the phone, make a new one here.",
    passphrase: "Whoever knows it can open the app on this phone.",
  },
  add: { passkey: "Add the phone’s lock", passphrase: "Add a passphrase" },
  again: { passkey: "Make a new passkey", passphrase: "Change the passphrase" },
  remove: { passkey: "Remove the phone’s lock", passphrase: "Remove the passphrase" },
  proveTitle: "Open the app once more",
  prove: "So that nobody else changes the lock while your phone is open.",
  proveStays: "Open it with the lock that stays. Then it is sure that you do not lock yourself out.",
  passphraseWhen: "From now on it opens this app. A passphrase that you had before opens it no more.",
  passkeyTitle: "The phone’s own lock",
  passkeyWhen: "The phone asks for your finger, face or code. A passkey that this app had before opens it no more.",
  makePasskey: "Make the passkey",
  noPrf: "The lock of this phone cannot lock an app. Nothing has changed.",
  isSet: { passkey: "The phone’s lock opens this app now.", passphrase: "The new passphrase opens this app now." },
  isRemoved: {
    passkey: "The phone’s lock opens this app no more.",
    passphrase: "The passphrase opens this app no more.",
  },
};
type Words = typeof en;

const de: Words = {
  title: "Wie diese App gesperrt ist",
  one: "Diese App hat eine Sperre. Wenn Sie sie verlieren, brauchen Sie Ihre 24 Wörter und einen neuen Code vom Schalter. Eine zweite Sperre erspart Ihnen das.",
  both: "Jede der beiden Sperren öffnet diese App. Ist eine verloren, öffnet die andere sie noch.",
  names: { passkey: "Die Sperre des Telefons", passphrase: "Ein Kennwort" },
  inUse: "In Gebrauch",
  notInUse: "Nicht in Gebrauch",
  abouts: {
    passkey:
      "Finger, Gesicht oder Code öffnen sie. Es ist ein Passkey mit dem Namen „Visits“. Wenn Sie ihn auf dem Telefon löschen, machen Sie hier einen neuen.",
    passphrase: "Wer es kennt, kann die App auf diesem Telefon öffnen.",
  },
  add: { passkey: "Sperre des Telefons dazunehmen", passphrase: "Kennwort dazunehmen" },
  again: { passkey: "Neuen Passkey machen", passphrase: "Kennwort ändern" },
  remove: { passkey: "Sperre des Telefons entfernen", passphrase: "Kennwort entfernen" },
  proveTitle: "Öffnen Sie die App noch einmal",
  prove: "Damit niemand sonst die Sperre ändert, solange Ihr Telefon offen ist.",
  proveStays: "Öffnen Sie sie mit der Sperre, die bleibt. Dann ist sicher, dass Sie sich nicht aussperren.",
  passphraseWhen: "Von jetzt an öffnet es diese App. Ein früheres Kennwort öffnet sie nicht mehr.",
  passkeyTitle: "Die Sperre des Telefons",
  passkeyWhen: "Das Telefon fragt nach Finger, Gesicht oder Code. Ein früherer Passkey öffnet diese App nicht mehr.",
  makePasskey: "Passkey machen",
  noPrf: "Die Sperre dieses Telefons kann keine App sperren. Es hat sich nichts geändert.",
  isSet: {
    passkey: "Die Sperre des Telefons öffnet jetzt diese App.",
    passphrase: "Das neue Kennwort öffnet jetzt diese App.",
  },
  isRemoved: {
    passkey: "Die Sperre des Telefons öffnet diese App nicht mehr.",
    passphrase: "Das Kennwort öffnet diese App nicht mehr.",
  },
};

const ar: Words = {
  title: "كيف يُقفل هذا التطبيق",
  one: "لهذا التطبيق قفل واحد. إذا فقدته احتجت إلى كلماتك الـ24 وإلى رمز جديد من المكتب. قفل ثانٍ يوفّر عليك ذلك.",
  both: "يفتح كلٌّ من القفلين هذا التطبيق. إذا ضاع أحدهما فتحه الآخر.",
  names: { passkey: "قفل الهاتف نفسه", passphrase: "عبارة مرور" },
  inUse: "مستخدم",
  notInUse: "غير مستخدم",
  abouts: {
    passkey: "يفتحه إصبعك أو وجهك أو رمزك. هو مفتاح مرور باسم «Visits». إذا حذفته من الهاتف فاصنع هنا مفتاحًا جديدًا.",
    passphrase: "من يعرفها يستطيع فتح التطبيق على هذا الهاتف.",
  },
  add: { passkey: "أضف قفل الهاتف", passphrase: "أضف عبارة مرور" },
  again: { passkey: "اصنع مفتاح مرور جديدًا", passphrase: "غيّر عبارة المرور" },
  remove: { passkey: "أزل قفل الهاتف", passphrase: "أزل عبارة المرور" },
  proveTitle: "افتح التطبيق مرة أخرى",
  prove: "حتى لا يغيّر أحد غيرك القفل وهاتفك مفتوح.",
  proveStays: "افتحه بالقفل الذي يبقى. عندها تتأكد أنك لا تُقفل على نفسك.",
  passphraseWhen: "تفتح هذا التطبيق من الآن. عبارة المرور السابقة لا تفتحه بعد ذلك.",
  passkeyTitle: "قفل الهاتف نفسه",
  passkeyWhen: "يطلب الهاتف إصبعك أو وجهك أو رمزك. مفتاح المرور السابق لا يفتح التطبيق بعد ذلك.",
  makePasskey: "اصنع مفتاح المرور",
  noPrf: "لا يستطيع قفل هذا الهاتف قفل تطبيق. لم يتغير شيء.",
  isSet: { passkey: "يفتح قفل الهاتف هذا التطبيق الآن.", passphrase: "تفتح عبارة المرور الجديدة هذا التطبيق الآن." },
  isRemoved: { passkey: "لم يعد قفل الهاتف يفتح هذا التطبيق.", passphrase: "لم تعد عبارة المرور تفتح هذا التطبيق." },
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
