/** What the routes about people, accounts and single events take and answer. timeline.ts has the timelines. */
import { z } from 'zod'
import {
  accountStayShape,
  eventShape,
  identifierShape,
  interval,
  json,
  limit,
  time,
  when,
} from './timeline.js'

export const messageParams = z.object({ messageId: z.string().min(1).max(600) })

export const listQuery = z.object({ limit: limit(1_000, 100) })
export const asOfQuery = z.object({
  as_of: time.optional().describe('With the facts received until this time'),
})

export const traitShape = z.object({
  name: z.string(),
  value: z.unknown(),
  at: when,
  messageId: z.string().describe('Who said so: the message'),
  verified: z.boolean(),
  told: z.number().int().describe('How often this name was said; of a verified trait by verified messages'),
})
export const personProfile = z.object({
  id: z.string(),
  identifiers: z.array(identifierShape),
  traits: z.array(traitShape),
  accounts: z.array(accountStayShape),
})

export const accountProfile = z.object({
  id: z.string(),
  traits: z.array(traitShape),
  people: z.array(
    z.object({
      person: z.string(),
      how: z.string(),
      since: when.nullable().describe('null: the whole journey counts'),
      until: when.nullable(),
      because: z.string(),
      verified: z
        .boolean()
        .describe('Said with a secret key, a userToken that names the account, or by a verified address'),
    }),
  ),
})

export const eventStatus = z.object({
  status: z.enum(['stored', 'rejected']),
  event: eventShape
    .extend({
      previousId: z.string().nullable().describe('Of an alias: who the person was called before'),
      context: json,
      isBot: z.boolean(),
    })
    .nullable(),
  reason: z
    .object({ code: z.string(), message: z.string(), at: when, original: z.string() })
    .nullable()
    .describe('Why it was refused, with the event as sent'),
})

export const whyQuery = z
  .object({
    identifier: z.string().min(1).max(600).describe('Why is this identifier this person?'),
    messageId: z.string().min(1).max(600).describe('Why is this event on their timeline?'),
  })
  .partial()

const factShape = z.object({
  kind: z.string(),
  claimer: z.string(),
  claimed: z.string(),
  at: when,
  receivedAt: when,
  messageId: z.string(),
  verified: z.boolean(),
})
export const whyAnswer = z.object({
  person: z.string(),
  identifier: z.string(),
  isTheirs: z.boolean(),
  owners: z
    .array(
      z.object({
        person: z.string(),
        ...interval,
        because: z.string(),
        rule: z.string(),
        verified: z.boolean(),
        meaning: z.string(),
      }),
    )
    .describe('Whose the identifier is, over time, by which rule and message'),
  state: z.string().describe('Empty, contested or quarantined'),
  decidedBy: z.array(
    eventShape.pick({
      messageId: true,
      type: true,
      name: true,
      occurredAt: true,
      receivedAt: true,
      url: true,
    }),
  ),
  facts: z.array(factShape).describe('Everything that was ever said about the identifier and this person'),
  event: eventShape.nullable(),
})

export const unlinkBody = z.object({
  identifier: z.string().min(1).max(600).describe('What is to be taken from the person, or given back'),
  other: z
    .string()
    .min(1)
    .max(600)
    .optional()
    .describe('From which of their identifiers; without it from all that it was ever linked with'),
  reason: z
    .string()
    .trim()
    .max(1_000)
    .default('')
    .describe('Why, for whoever reads the history; may be left out'),
  author: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .default('api')
    .describe('Who decided; `api` where nobody is named'),
})
export const unlinkAnswer = z.object({
  success: z.literal(true),
  messageId: z.string(),
  pairs: z.array(z.array(z.string())).describe('The pairs that the fact is about'),
})

export const contestedAnswer = z.object({
  emails: z.array(
    z.object({
      email: z.string(),
      owner: z.string(),
      claims: z.array(z.object({ by: z.string(), at: when, because: z.string(), verified: z.boolean() })),
    }),
  ),
  domains: z.array(
    z.object({
      domain: z.string(),
      claims: z.array(
        z.object({ account: z.string(), at: when, because: z.string(), verified: z.boolean() }),
      ),
    }),
  ),
})
export const quarantinedAnswer = z.object({ identifiers: z.array(z.string()) })

export const quarantinedLinksQuery = z.object({
  other: z.string().min(1).max(600).optional().describe('Only the link with this'),
  limit: limit(1_000, 100),
})
export const quarantinedLinksAnswer = z.object({
  identifier: z.string(),
  total: z.number().int().describe('How many links are set apart'),
  links: z
    .array(
      z.object({
        other: z.string(),
        firstReceivedAt: when,
        messageId: z.string().describe('The first message that said so'),
        messages: z.number().int(),
        verified: z.boolean(),
      }),
    )
    .describe('In the order of receipt'),
})
export const releaseBody = z.object({
  others: z
    .array(z.string().min(1).max(600))
    .min(1)
    .max(1_000)
    .optional()
    .describe('Only the links with these; without it all that are set apart, the first 1,000 of them'),
  reason: z.string().trim().min(1).max(1_000),
  author: z.string().trim().min(1).max(200),
})
export const releaseAnswer = z.object({
  success: z.literal(true),
  messageId: z.string(),
  pairs: z.array(z.array(z.string())).describe('The pairs that the fact is about'),
  remaining: z.number().int().describe('How many are still set apart of what was asked for'),
})

export const mergesAnswer = z.object({
  days: z.number().int().describe('How far back is looked'),
  merges: z.array(
    z.object({
      person: z.string().describe('Whom it belongs to since'),
      identifier: z.string(),
      other: z.string().describe('The other side of the claim'),
      kind: z.string().describe('claim, alias or release'),
      at: when,
      rule: z.string(),
      meaning: z.string().describe('The rule in words'),
      because: z.string().describe('messageId of the claim that decided'),
      verified: z.boolean(),
    }),
  ),
})
export const decisionsAnswer = z.object({
  decisions: z.array(
    z.object({
      kind: z.enum(['unlink', 'relink', 'release']),
      person: z.string().describe('Whose timeline it was about'),
      pairs: z.array(z.array(z.string())),
      reason: z.string(),
      author: z.string(),
      at: when,
      messageId: z.string(),
    }),
  ),
})
