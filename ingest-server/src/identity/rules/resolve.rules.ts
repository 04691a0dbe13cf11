/**
 * The rules of who is who as examples: resolve.test.ts walks this table, docs/identity.md explains it.
 *
 *     fact   = hour ["!"] [kind] claimer ("→" | "~") other ["received" hour] ["as" message]
 *     kind   = "alias" | "unlink" | "relink" | "release", a claim when absent;  "!" = verified
 *     person = holding { ", " holding };  holding = identifier ["[" from ".." to ")"] ["by" rule]
 *
 * `A`, `B` are users, `a@x.com` emails, `d1` devices (anonymous ids). Hours count from one midnight. The
 * person is named by the identifier that stands first.
 */
export interface RuleExample {
  rule: 'R1' | 'R2' | 'R3' | 'R4' | 'R5' | 'R6' | 'R7' | 'R8'
  says: string
  facts: readonly string[]
  people: readonly string[]
  contested?: readonly string[]
  quarantined?: readonly string[]
  asOf?: number
  signedOnly?: boolean
}

const many = (count: number, fact: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => fact(i))
const name = (index: number) => `U${String(index).padStart(4, '0')}`

export const ruleExamples: readonly RuleExample[] = [
  {
    rule: 'R1',
    says: 'what a visitor did before the first claim is the claimer’s',
    facts: ['5 A → d1'],
    people: ['A, d1 by R1'],
  },
  {
    rule: 'R1',
    says: 'shared laptop: before A’s login A’s, from B’s login B’s',
    facts: ['5 A → d1', '7 B → d1'],
    people: ['A, d1[..7) by R1', 'B, d1[7..) by R1'],
  },
  {
    rule: 'R1',
    says: 'A comes back to the laptop',
    facts: ['5 A → d1', '7 B → d1', '9 A → d1', '10 A → d1'],
    people: ['A, d1[..7) by R1, d1[9..) by R1', 'B, d1[7..9) by R1'],
  },
  {
    rule: 'R1',
    says: 'a lead claims as a user does',
    facts: ['5 a@x.com → d1', '7 A → d1', '8 A → b@x.com'],
    people: ['A, b@x.com by R3, d1[7..) by R1', 'a@x.com, d1[..7) by R1'],
  },
  {
    rule: 'R1',
    says: 'a verified claim of a device comes no earlier than its time',
    facts: ['5 A → d1', '7! B → d1'],
    people: ['A, d1[..7) by R1', 'B, d1[7..) by R1'],
  },
  {
    rule: 'R1',
    says: 'of two claims at one instant the later messageId holds from then on',
    facts: ['5 A → d1', '7 B → d1 as m1', '7 A → d1 as m2'],
    people: ['A, d1 by R1', 'B'],
  },
  {
    rule: 'R1',
    says: 'many users of one device stay many people',
    facts: ['1 A → d1', '2 B → d1', '3 C → d1', '4 A → d2', '5 C → d2'],
    people: ['A, d1[..2) by R1, d2[..5) by R1', 'B, d1[2..3) by R1', 'C, d1[3..) by R1, d2[5..) by R1'],
  },
  {
    rule: 'R2',
    says: 'an unverified alias of two users changes nothing',
    facts: ['1 A → d1', '2 B → d2', '3 alias B → A'],
    people: ['A, d1 by R1', 'B, d2 by R1'],
  },
  {
    rule: 'R2',
    says: 'a verified alias joins two users, named by the earliest claim',
    facts: ['2 A → d1', '1 B → d2', '3! alias A → B'],
    people: ['B, A by R2, d1 by R1, d2 by R1'],
  },
  {
    rule: 'R2',
    says: 'equal times: the smaller user id names the person',
    facts: ['1 B → d2', '1 A → d1', '3! alias B → A'],
    people: ['A, B by R2, d1 by R1, d2 by R1'],
  },
  {
    rule: 'R2',
    says: 'previousId of a visitor: the device is claimed, the user id of that name never claimed anything',
    facts: ['3! alias A → d1 as m', '3! alias A → user:d1 as m', '4 A → a@x.com'],
    people: ['A, a@x.com by R3, user:d1 by R2, d1 by R1'],
  },
  {
    rule: 'R2',
    says: 'an unverified alias still claims a device, as any claim does',
    facts: ['3 alias A → d1 as m', '3 alias A → user:d1 as m'],
    people: ['A, d1 by R1'],
  },
  {
    rule: 'R2',
    says: 'aliases chain',
    facts: ['1 A → d1', '2! alias B → A', '3! alias C → B'],
    people: ['A, B by R2, C by R2, d1 by R1'],
  },
  {
    rule: 'R4',
    says: 'an address that was typed on more than twenty devices is inferred to be nobody',
    facts: [...many(20, (i) => `1 a@x.com → d${i + 10}`), '2 A → d10'],
    people: [`A, a@x.com by R4, ${many(20, (i) => `d${i + 10} by R1`).join(', ')}`],
  },
  {
    rule: 'R4',
    says: 'with one device more it is a lead of its own',
    facts: [...many(21, (i) => `1 a@x.com → d${i + 10}`), '2 A → d10'],
    people: [
      'A, d10[2..) by R1',
      `a@x.com, d10[..2) by R1, ${many(20, (i) => `d${i + 11} by R1`).join(', ')}`,
    ],
  },
  {
    rule: 'R5',
    says: 'no unverified claim, however early, renames users whom verified claims and an alias made one person',
    facts: ['5! A → a@x.com', '6! B → b@x.com', '7! alias B → A', '1 B → d1', '0 A → d2'],
    people: ['A, B by R2, a@x.com by R3, b@x.com by R3, d1 by R1, d2 by R1'],
  },
  {
    rule: 'R2',
    says: 'one email and one device in common join nobody',
    facts: ['1 A → d1', '1 A → a@x.com', '2 B → d1', '2 B → a@x.com'],
    people: ['A, a@x.com by R3, d1[..2) by R1', 'B, d1[2..) by R1'],
    contested: ['a@x.com of A also B'],
  },
  {
    rule: 'R3',
    says: 'an email joins the user that first claimed it',
    facts: ['2 A → a@x.com', '1 A → d1'],
    people: ['A, a@x.com by R3, d1 by R1'],
  },
  {
    rule: 'R3',
    says: 'forwarded newsletter: the later claim is contested and changes nothing',
    facts: ['1 A → a@x.com', '2 B → a@x.com', '3 B → d2'],
    people: ['A, a@x.com by R3', 'B, d2 by R1'],
    contested: ['a@x.com of A also B'],
  },
  {
    rule: 'R3',
    says: 'a claim by the same person under another user id is not contested',
    facts: ['1 A → a@x.com', '2 B → a@x.com', '3! alias B → A'],
    people: ['A, B by R2, a@x.com by R3'],
  },
  {
    rule: 'R3',
    says: 'a person may have many emails',
    facts: ['1 A → a@x.com', '2 A → a@home.org'],
    people: ['A, a@home.org by R3, a@x.com by R3'],
  },
  {
    rule: 'R4',
    says: 'form first, sign-up a week later on a phone: the lead and all it did come along',
    facts: ['1 a@x.com → d1', '168 A → d2', '168 A → a@x.com'],
    people: ['A, a@x.com by R3, d1 by R1, d2 by R1'],
  },
  {
    rule: 'R4',
    says: 'a lead that nobody claims is a person of its own',
    facts: ['1 a@x.com → d1', '2 a@x.com → d2'],
    people: ['a@x.com, d1 by R1, d2 by R1'],
  },
  {
    rule: 'R4',
    says: 'the very next claim on the device is by a user who never stated an email: inferred',
    facts: ['1 a@x.com → d1', '2 a@x.com → d2', '5 A → d1'],
    people: ['A, a@x.com by R4, d1 by R1, d2 by R1'],
  },
  {
    rule: 'R4',
    says: 'a user who stated another email is not the lead',
    facts: ['1 a@x.com → d1', '5 A → d1', '9 A → b@x.com'],
    people: ['A, b@x.com by R3, d1[5..) by R1', 'a@x.com, d1[..5) by R1'],
  },
  {
    rule: 'R4',
    says: 'somebody else claimed the device in between: not the very next',
    facts: ['1 a@x.com → d1', '3 b@x.com → d1', '5 A → d1'],
    people: ['A, b@x.com by R4, d1[3..) by R1', 'a@x.com, d1[..3) by R1'],
  },
  {
    rule: 'R4',
    says: 'captured on two devices: the earliest next claim wins',
    facts: ['1 a@x.com → d1', '1 a@x.com → d2', '6 A → d1', '5 B → d2'],
    people: ['A, d1[6..) by R1', 'B, a@x.com by R4, d1[..6) by R1, d2 by R1'],
  },
  {
    rule: 'R4',
    says: 'an explicit claim beats an inference, however late',
    facts: ['1 a@x.com → d1', '5 A → d1', '900 B → a@x.com'],
    people: ['A, d1[5..) by R1', 'B, a@x.com by R3, d1[..5) by R1'],
  },
  {
    rule: 'R4',
    says: 'a claim dated back on another device does not come first',
    facts: ['1 a@x.com → d1', '5 A → d1', '0 a@x.com → d2 received 30', '1 B → d2 received 30'],
    people: ['A, a@x.com by R4, d1 by R1, d2[..1) by R1', 'B, d2[1..) by R1'],
  },
  {
    rule: 'R5',
    says: 'a verified claim of an email beats an earlier unverified one',
    facts: ['1 B → a@x.com', '90! A → a@x.com'],
    people: ['A, a@x.com by R3', 'B'],
    contested: ['a@x.com of A also B'],
  },
  {
    rule: 'R5',
    says: 'of verified claims the first counts',
    facts: ['3! B → a@x.com', '2! A → a@x.com', '1 C → a@x.com'],
    people: ['A, a@x.com by R3', 'B', 'C'],
    contested: ['a@x.com of A also B, C'],
  },
  {
    rule: 'R5',
    says: 'signed-only: unsigned claims are inert',
    facts: ['1 B → d1', '1 B → a@x.com', '2! A → a@x.com', '2! A → d2'],
    people: ['A, a@x.com by R3, d2 by R1'],
    signedOnly: true,
  },
  {
    rule: 'R6',
    says: 'illegal ids never link',
    facts: ['1 user:undefined → d1', '2 A → anon:null', '3 user:0000 → a@x.com', '4 A → d1'],
    people: ['A, d1 by R1'],
  },
  {
    rule: 'R7',
    says: 'twenty users of one device are still people',
    facts: many(20, (i) => `${i} ${name(i)} → d1`),
    people: many(20, (i) => `${name(i)}, d1[${i === 0 ? '' : i}..${i === 19 ? '' : i + 1}) by R1`),
  },
  {
    rule: 'R7',
    says: 'kiosk: the twenty-first user of a device claims nothing of it, the first twenty stay, and it says so',
    facts: [...many(21, (i) => `${i} ${name(i)} → d1`), '30 U0020 → d2'],
    people: [
      ...many(20, (i) => `${name(i)}, d1[${i === 0 ? '' : i}..${i === 19 ? '' : i + 1}) by R1`),
      'U0020, d2 by R1',
    ],
    quarantined: ['d1 21'],
  },
  {
    rule: 'R7',
    says: 'the excess is what was received last, however early it is dated',
    facts: ['50 A → d1', ...many(25, (i) => `0 ${name(i)} → d1 received ${60 + i}`)],
    people: [
      'A, d1[50..) by R1',
      'U0000, d1[..0) by R1',
      ...many(17, (i) => name(i + 1)),
      'U0018, d1[0..50) by R1',
    ],
    quarantined: ['d1 26'],
  },
  {
    rule: 'R7',
    says: 'a verified claim of a device counts however many unverified ones there are',
    facts: [...many(21, (i) => `${i} ${name(i)} → d1`), '30! A → d1'],
    people: [
      ...many(20, (i) => `${name(i)}, d1[${i === 0 ? '' : i}..${i + 1 === 20 ? 30 : i + 1}) by R1`),
      'A, d1[30..) by R1',
    ],
    quarantined: ['d1 22'],
  },
  {
    rule: 'R7',
    says: 'a verified alias to a quarantined device still counts',
    facts: [...many(21, (i) => `${i} ${name(i)} → d1`), '30! alias A → d1'],
    people: [
      ...many(20, (i) => `${name(i)}, d1[${i === 0 ? '' : i}..${i + 1 === 20 ? 30 : i + 1}) by R1`),
      'A, d1[30..) by R1',
    ],
    quarantined: ['d1 21'],
  },
  {
    rule: 'R7',
    says: 'a burst of 1,001 devices takes none from a user that were theirs before, nor the verified ones after',
    facts: [
      '1 Q → d1',
      ...many(1001, (i) => `0 Q → d${i + 10} received 2`),
      '3 Q → d2 received 3',
      '4! Q → d3 received 4',
    ],
    people: [
      `Q, d1 by R1, d3 by R1, ${many(1001, (i) => `d${i + 10}`)
        .sort()
        .slice(0, 999)
        .map((device) => `${device} by R1`)
        .join(', ')}`,
    ],
    quarantined: ['Q 1004'],
  },
  {
    rule: 'R7',
    says: 'a released link counts, and takes no place of another',
    facts: [...many(21, (i) => `${i} ${name(i)} → d1`), '30! release d1 ~ U0020'],
    people: many(21, (i) => `${name(i)}, d1[${i === 0 ? '' : i}..${i === 20 ? '' : i + 1}) by R1`),
  },
  {
    rule: 'R7',
    says: 'only a secret key releases',
    facts: [...many(21, (i) => `${i} ${name(i)} → d1`), '30 release d1 ~ U0020'],
    people: many(20, (i) => `${name(i)}, d1[${i === 0 ? '' : i}..${i === 19 ? '' : i + 1}) by R1`),
    quarantined: ['d1 21'],
  },
  {
    rule: 'R7',
    says: 'of a shared inbox that 1,001 users claim the first is the owner, and the last does not even contest it',
    facts: [...many(1001, (i) => `${i} ${name(i)} → info@x.com`), '1 A → d1'],
    people: ['A, d1 by R1', 'U0000, info@x.com by R3', ...many(999, (i) => name(i + 1))],
    contested: [`info@x.com of U0000 also ${many(999, (i) => name(i + 1)).join(', ')}`],
    quarantined: ['info@x.com 1001'],
  },
  {
    rule: 'R7',
    says: 'verified links do not count towards the cap',
    facts: [...many(1001, (i) => `${i}! Q → u${i}@x.com`), '5 Q → d1'],
    people: [
      `Q, ${many(1001, (i) => `u${i}@x.com`)
        .sort()
        .map((email) => `${email} by R3`)
        .join(', ')}, d1 by R1`,
    ],
  },
  {
    rule: 'R8',
    says: 'a wrong link taken apart is as if it had never been',
    facts: ['1 A → d1', '2 B → d1', '9! unlink B ~ d1'],
    people: ['A, d1 by R1'],
  },
  {
    rule: 'R8',
    says: 'an unlinked pair stays apart whatever is claimed later, either way round',
    facts: ['1 A → d1', '3! unlink d1 ~ B', '4 B → d1', '5 B → d1'],
    people: ['A, d1 by R1'],
  },
  {
    rule: 'R8',
    says: 'a wrong merge undone',
    facts: ['1 A → d1', '2 B → d2', '3! alias B → A', '9! unlink A ~ B'],
    people: ['A, d1 by R1', 'B, d2 by R1'],
  },
  {
    rule: 'R8',
    says: 'the email goes to the next claimer',
    facts: ['1 A → a@x.com', '2 B → a@x.com', '9! unlink A ~ a@x.com', '1 A → d1'],
    people: ['A, d1 by R1', 'B, a@x.com by R3'],
  },
  {
    rule: 'R8',
    says: 'an unlinked pair is not inferred either; the other capture decides',
    facts: ['1 a@x.com → d1', '5 A → d1', '1 a@x.com → d2', '7 B → d2', '9! unlink a@x.com ~ A'],
    people: ['A, d1[5..) by R1', 'B, a@x.com by R4, d1[..5) by R1, d2 by R1'],
  },
  {
    rule: 'R8',
    says: 'the latest of unlink and relink decides',
    facts: ['1 A → d1', '9! unlink A ~ d1', '10! relink A ~ d1', '8! relink d1 ~ A'],
    people: ['A, d1 by R1'],
  },
  {
    rule: 'R8',
    says: 'an unlink without a secret key changes nothing',
    facts: ['1 A → d1', '9 unlink A ~ d1'],
    people: ['A, d1 by R1'],
  },
  {
    rule: 'R8',
    says: 'asked as of an earlier time: with what was received until then',
    facts: ['1 A → d1', '2 B → d1 received 50', '3! alias A → B received 60'],
    people: ['A, d1 by R1'],
    asOf: 49,
  },
  {
    rule: 'R8',
    says: 'as of later: the same question, another answer',
    facts: ['1 A → d1', '2 B → d1 received 50', '3! alias A → B received 60'],
    people: ['A, d1[..2) by R1', 'B, d1[2..) by R1'],
    asOf: 50,
  },
  {
    rule: 'R8',
    says: 'of several copies of a message the one received first is the fact',
    facts: [
      '9 A → d1 received 30 as m',
      '5 A → d1 received 10 as m',
      '1 A → d1 received 40 as m',
      '4 B → d1',
    ],
    people: ['A, d1[5..) by R1', 'B, d1[..5) by R1'],
  },
]
