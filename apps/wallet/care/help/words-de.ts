// The help pages in German.

import type { HelpWords } from "./chapter.ts";

export const de: HelpWords = {
  title: "Hilfe",
  intro: "Was brauchen Sie?",
  all: "Alle Hilfeseiten",
  more: "Auch in dieser App",
  pages: { care: "Wer nachgesehen hat", messages: "Nachrichten an eine Praxis", clinics: "Meine Praxen" },
  lost: {
    title: "Ich habe mein Telefon verloren",
    intro:
      "Gehen Sie diese Schritte der Reihe nach. Sie brauchen die Wörter, die Sie aufgeschrieben haben. Lassen Sie sich ruhig helfen.",
    steps: [
      "Rufen Sie die Meldestelle an, oder gehen Sie hin. Dort haben Sie Ihren ersten Code bekommen. Sagen Sie, dass das Telefon weg ist.",
      "Die Meldestelle sperrt das verlorene Telefon. Von da an bekommt es keinen neuen Pass.",
      "Nehmen Sie Ihre 24 Wörter mit, wenn Sie sie zur Hand haben, und etwas, das zeigt, wer Sie sind. Sie bekommen einen neuen Code.",
      "Öffnen Sie diese App auf dem neuen Telefon. Sagen Sie, dass Sie Wörter von früher haben. Tippen Sie die Wörter ein, dann den Code.",
      "Die App sucht Ihre Besuche. Das dauert ein paar Minuten. Dann haben Sie Ihre Akten wieder.",
    ],
    parts: [
      {
        title: "Was sicher bleibt",
        text: [
          "Auf dem verlorenen Telefon ist alles versiegelt. Niemand öffnet es ohne Ihren Passkey oder Ihr Kennwort.",
          "Ihre Akten liegen versiegelt bei den Praxen. Sie sind nicht verloren.",
          "Die Meldestelle kann Ihre Akten nicht lesen und kennt Ihre Praxen nicht.",
        ],
      },
      {
        title: "Was in Gefahr ist",
        text: [
          "War die App offen, als Sie das Telefon verloren haben, kann jemand lesen, was sie zeigt.",
          "Wer die offene App hat, kann sich als Sie anmelden. Das endet, wenn der Pass auf dem Telefon zu alt ist, meist mit dem Monat.",
        ],
      },
      {
        title: "Was die 24 Wörter tun",
        text: [
          "Die Wörter öffnen Ihre Akten auf einem neuen Telefon. Sonst tut das nichts, und niemand sonst hat sie.",
          "Die Wörter allein geben keinen Pass. Dafür brauchen Sie einen Code von der Meldestelle.",
          "Wer Ihre Wörter hat, kann Ihre Akten lesen. Bewahren Sie sie auf wie Geld.",
        ],
      },
      {
        title: "Wenn Sie die Wörter nicht haben",
        text: [
          "Sie bekommen trotzdem einen neuen Code und können die App auf einem neuen Telefon benutzen.",
          "Die Akten Ihrer früheren Besuche können Sie nicht mehr öffnen. Bitten Sie jede Praxis um eine Kopie.",
          "Im Notfall kann ein Arzt weiter die Menschen fragen, die Akten öffnen können.",
        ],
      },
    ],
  },
  new: {
    title: "Ich habe ein neues Telefon",
    intro: "Behalten Sie das alte Telefon, bis das neue geht.",
    steps: [
      "Suchen Sie Ihre 24 Wörter. Haben Sie sie nicht aufgeschrieben, öffnen Sie die App auf dem alten Telefon und tun Sie es jetzt.",
      "Lesen Sie auf dem alten Telefon die Nachrichten, die Sie noch brauchen. Sie ziehen nicht mit um.",
      "Bitten Sie die Meldestelle um einen Code für ein neues Telefon.",
      "Öffnen Sie diese App auf dem neuen Telefon. Sagen Sie, dass Sie Wörter von früher haben. Tippen Sie die Wörter ein, dann den Code.",
      "Die App sucht Ihre Besuche. Wenn sie da sind, entfernen Sie die App vom alten Telefon.",
    ],
    parts: [
      {
        title: "Was mitkommt",
        text: [
          "Alle Besuche und alle Akten.",
          "Die Liste, wer nachgesehen hat. Das neue Telefon liest sie selbst noch einmal.",
        ],
      },
      {
        title: "Was nicht mitkommt",
        text: [
          "Nachrichten und die Bilder früherer Besuche.",
          "Eine Praxis, die Sie wiedererkennen darf, kennt das neue Telefon nicht. Sagen Sie es ihr noch einmal.",
        ],
      },
      {
        title: "Bitte keine Kopien",
        text: [
          "Kopieren Sie die Daten der App nicht von Telefon zu Telefon. Eine Kopie kann nur lesen und schickt Sie zur Meldestelle.",
          "Jeder Mensch hat ein Telefon zur Zeit. Das alte bekommt keinen neuen Pass, wenn das neue seinen hat.",
        ],
      },
    ],
  },
  "no-phone": {
    title: "Ich habe kein Telefon dabei",
    intro: "Die Behandlung geht vor. Sagen Sie am Empfang, dass Sie kein Telefon dabei haben.",
    steps: [
      "Die Praxis kann Sie ohne Anmeldung behandeln. Dann fragt sie vielleicht nach Ihrem Namen, wie früher.",
      "So ein Besuch steht nicht in dieser App. Bitten Sie um eine Kopie auf Papier.",
      "Kommen Sie mit dem Telefon wieder, melden Sie sich an. Dann kann die Praxis die Akte unter jenem Besuch ablegen.",
    ],
    parts: [
      {
        title: "Wenn Sie gar kein Telefon haben",
        text: [
          "Diese App geht auch auf einem Tablet oder Computer. Jemand, dem Sie vertrauen, kann sie mit Ihnen einrichten.",
          "Den Code dafür gibt die Meldestelle. Jeder Mensch hat ein Gerät zur Zeit.",
        ],
      },
      {
        title: "Wenn das Telefon zu Hause bleibt",
        text: [
          "Melden Sie sich vorher an, mit dem Telefon oder Computer, auf dem diese App ist. Die Praxis schickt ihren Link, oder sie sagt am Telefon sechs Wörter.",
          "Drucken Sie dann eine Karte für den Besuch. Der Empfang liest sie statt des Telefons, einmal, drei Tage lang.",
          "Auf der Karte steht weder Ihr Name noch der Name der Praxis. Bis sie benutzt ist, kann jeder damit an Ihrer Stelle kommen.",
        ],
      },
      {
        title: "Warum die Karte diese App braucht",
        text: [
          "Eine Praxis stellt bei jeder Anmeldung eine neue Frage. Die Antwort muss in Minuten entstehen, und Papier allein kann das nicht.",
          "Mit einem Schlüssel auf Papier erführe das Gerät, das ihn liest, mehr, als eine Praxis wissen darf. Darum steht auf der Karte keiner.",
        ],
      },
    ],
  },
  limits: {
    title: "Was diese App verbergen kann und was nicht",
    intro: "Keine App verbirgt alles. Darauf können Sie sich verlassen, und darauf nicht.",
    steps: [],
    parts: [
      {
        title: "Was verborgen bleibt",
        text: [
          "Ihr Name, vor der Praxis. Bei jedem Besuch sieht sie einen neuen Namen für Sie.",
          "Welche Besuche zusammengehören, vor allen Praxen.",
          "Wohin Sie gehen und wann, vor der Meldestelle.",
          "Ihre Akten, vor allen außer Ihnen und der Praxis, die sie schrieb. Menschen aus mehreren Stellen können sie gemeinsam öffnen, aus einem Grund. Sie sehen es jedes Mal unter „Wer nachgesehen hat“.",
        ],
      },
      {
        title: "Was sie nicht verbergen kann",
        text: [
          "Sie selbst. Die Praxis sieht Ihr Gesicht und hört, was Sie sagen.",
          "Ihre Worte. Steht Ihr Name in einer Akte oder Nachricht, sehen ihn alle, die sie lesen.",
          "Was Sie zeigen. Jede Angabe, etwa „erwachsen“, macht Sie etwas leichter erkennbar. Eine kleine Praxis kennt ihre Patienten.",
          "Ihr Netz. Der Betreiber sieht Ihre Netzadresse und wann Sie die App benutzen. Holen Sie alle Akten auf einmal, sieht er, dass ein Gerät diese Praxen gefragt hat. Für welche Besuche, sieht er nicht.",
          "Eine Praxis, der Sie es gesagt haben. Darf sie Sie wiedererkennen, weiß sie, welche Besuche Ihre sind.",
          "Ein Telefon in anderen Händen. Wer es offen hat, sieht, was Sie sehen.",
        ],
      },
      {
        title: "Wem Sie weiter vertrauen",
        text: [
          "Den Stellen, die Akten öffnen können. Wenn genug von ihnen Unrecht tun wollen, können sie es. Unbemerkt können sie es nicht.",
          "Dieser App selbst. Sie kommt vom Betreiber. Ihr Telefon lädt sie neu, wenn es eine neue Fassung gibt.",
          "Der Mathematik. Noch hat sie niemand von außen geprüft.",
          "Der Zeit. Rechner der Zukunft finden vielleicht heraus, welche alten Besuche zusammengehören. Ihre Akten bleiben auch dann vor Fremden versiegelt.",
        ],
      },
      {
        title: "Warum sie nie eine Mitteilung schickt",
        text: [
          "Ein Telefon hat eine Adresse für Mitteilungen. Sie würde zeigen, welche Besuche zusammengehören. Öffnen Sie darum die App, um Neues zu sehen.",
        ],
      },
    ],
  },
};
