// The help pages in English.

import type { HelpWords } from "./chapter.ts";

export const en: HelpWords = {
  title: "Help",
  intro: "What do you need?",
  all: "All help pages",
  more: "Also in this app",
  pages: { care: "Who looked", messages: "Messages to a clinic", clinics: "My clinics" },
  lost: {
    title: "I lost my phone",
    intro:
      "Do these steps in their order. You need the words that you wrote down, and you may need some help. That is fine.",
    steps: [
      "Call the registrar's desk, or go there. It is the place where you got your first code. Say that the phone is gone.",
      "The desk stops the lost phone. From then on it gets no new pass.",
      "Take your 24 words along, if you can reach them, and something that shows who you are. The desk gives you a new code.",
      "Open this app on the new phone. Say that you have your words from before. Type the words, then the code.",
      "The app looks for your visits. This takes a few minutes. Then you have your records again.",
    ],
    parts: [
      {
        title: "What stays safe",
        text: [
          "All on the lost phone is sealed. Nobody opens it without your passkey or your passphrase.",
          "Your records are with the clinics, sealed. They are not lost.",
          "The desk cannot read your records, and does not know your clinics.",
        ],
      },
      {
        title: "What is at risk",
        text: [
          "If the app was open when you lost the phone, somebody may read what it shows.",
          "Somebody with the open app can check in as you. This ends when the pass on the phone is too old, as a rule with the month.",
        ],
      },
      {
        title: "What the 24 words do",
        text: [
          "The words open your records on a new phone. Nothing else does, and nobody else has them.",
          "The words alone do not make a pass. For that you need a code from the desk.",
          "Whoever has your words can read your records. Keep them like money.",
        ],
      },
      {
        title: "If you do not have the words",
        text: [
          "You can still get a new code, and use the app on a new phone.",
          "You cannot open the records of your earlier visits any more. Ask each clinic for a copy.",
          "In an emergency a doctor can still ask the people who can open records.",
        ],
      },
    ],
  },
  new: {
    title: "I have a new phone",
    intro: "Keep the old phone until the new one works.",
    steps: [
      "Find your 24 words. If you have not written them down, open the app on the old phone and do it now.",
      "Read the messages that you still need on the old phone. They do not move to the new one.",
      "Ask the registrar's desk for a code for a new phone.",
      "Open this app on the new phone. Say that you have your words from before. Type the words, then the code.",
      "The app looks for your visits. When they are there, remove the app from the old phone.",
    ],
    parts: [
      {
        title: "What moves",
        text: ["All visits and all records.", "The list of who looked. The new phone reads it again for itself."],
      },
      {
        title: "What does not move",
        text: [
          "Messages, and the pictures of earlier visits.",
          "A clinic that may know you again does not know the new phone. Tell it once more.",
        ],
      },
      {
        title: "Please no copies",
        text: [
          "Do not copy the app's data from phone to phone. A copy can only read, and sends you back to the desk.",
          "One person has one phone at a time. The old one gets no new pass when the new one has its own.",
        ],
      },
    ],
  },
  "no-phone": {
    title: "I have no phone with me",
    intro: "Care comes first. Say at the clinic's desk that you have no phone with you.",
    steps: [
      "The clinic can treat you without a check-in. Then it may ask for your name, as clinics did before.",
      "Such a visit is not in this app. Ask for a paper copy of what the clinic writes.",
      "If you come again with your phone, check in. The clinic can then file the record under that visit.",
    ],
    parts: [
      {
        title: "If you have no phone at all",
        text: [
          "This app also works on a tablet or a computer. Somebody you trust can set it up with you.",
          "The registrar's desk gives the code for it. One person has one device at a time.",
        ],
      },
      {
        title: "If you leave the phone at home",
        text: [
          "Check in before you go, on the phone or computer that has this app. The clinic sends you its link, or says six words on the telephone.",
          "Then print a card for the visit. The desk reads it in place of the phone, once, for three days.",
          "The card does not say your name or the clinic's. Until it is used, anybody who has it can come in your place.",
        ],
      },
      {
        title: "Why the card needs this app",
        text: [
          "A clinic asks a new question at each check-in. The answer must be made within minutes, and paper alone cannot do that.",
          "With a key on paper, the machine that reads it would learn more than a clinic may know. So the card holds no key.",
        ],
      },
    ],
  },
  limits: {
    title: "What this app can and cannot hide",
    intro: "No app hides everything. This is what you can count on, and what you cannot.",
    steps: [],
    parts: [
      {
        title: "What stays hidden",
        text: [
          "Your name, from the clinic. At each visit it sees a new name for you.",
          "Which visits belong together, from all clinics.",
          "Where and when you go, from the registrar.",
          "Your records, from all but you and the clinic that wrote them. If there is a reason, people of several organisations can open them together. You see each time under “Who looked”.",
        ],
      },
      {
        title: "What it cannot hide",
        text: [
          "You. The clinic sees your face and hears what you say.",
          "Your words. If your name stands in a record or a message, its readers see it.",
          "What you show. Each fact, such as “adult”, makes you a little easier to tell from others. A small clinic knows its patients.",
          "Your network. The operator sees your network address, and when you use the app. If you fetch all your records at once, it sees that one device asked these clinics. It does not see for which visits.",
          "A clinic that you told. If it may know you again, it knows which visits are yours.",
          "A phone in other hands. Whoever has it open sees what you see.",
        ],
      },
      {
        title: "Whom you still trust",
        text: [
          "The organisations that can open records. If enough of them agree to do wrong, they can. They cannot do it unseen.",
          "This app itself. It comes from the operator. Your phone loads it anew when there is an update.",
          "The mathematics. No outsider has reviewed it yet.",
          "Time. Computers of the future may find out which old visits belong together. Your records stay sealed for outsiders even then.",
        ],
      },
      {
        title: "Why it never sends you a notification",
        text: [
          "A phone has one address for notifications. It would show which visits belong together. So open the app to see what is new.",
        ],
      },
    ],
  },
};
