/** An account as most are. What happens to its people is drawn by chance, from the names and events at the end. */
import type { Chance } from './random.js'
import { type Journey, anyArrival, arrivals, dayMs, journeyOf, minuteMs } from './journey.js'

interface OrdinaryAccount {
  name: string
  index: number
  lastDay: number
  chance: Chance
}

/** Two to five people, a few months, some of it anonymous for ever. Nothing of it is decided. */
export function ordinaryAccount({ name, index, lastDay, chance }: OrdinaryAccount): Journey[] {
  const account = name.toLowerCase().replaceAll(' ', '-')
  const domain = `${account}.com`
  const startsAt = lastDay - chance.integer(25, 400) * dayMs
  const people = chance.integer(2, 5)
  return Array.from({ length: people }, (_, number) =>
    ordinaryPerson({
      account,
      domain,
      traits: { name, domain, plan: chance.pick(plans) },
      startsAt,
      lastDay,
      chance,
      index,
      number,
    }),
  )
}

interface OrdinaryPerson {
  account: string
  domain: string
  traits: Record<string, unknown>
  startsAt: number
  lastDay: number
  chance: Chance
  index: number
  number: number
}

function ordinaryPerson(person: OrdinaryPerson): Journey {
  const { account, domain, traits, startsAt, lastDay, chance, index, number } = person
  const firstName = chance.pick(firstNames)
  const email = `${firstName.toLowerCase()}.${number}@${domain}`
  let at = startsAt + chance.integer(0, 20) * dayMs + chance.integer(7, 19) * 60 * minuteMs
  const later = (days: number) => {
    at = Math.min(
      at + days * dayMs + chance.integer(3, 90) * minuteMs,
      lastDay - chance.integer(60, 600) * minuteMs,
    )
    return at
  }
  let journey = journeyOf(`demo-${index}-${number}`, chance.pick(['desktop', 'mac', 'phone']))
  for (let visits = chance.integer(1, 4); visits > 0; visits -= 1) {
    journey = journey.visit(
      later(chance.integer(1, 14)),
      chance.pick(anyArrival),
      chance.happens(0.6) ? ['/pricing'] : [],
    )
  }
  // One in six never says who they are: an account's timeline must do without them.
  if (chance.happens(1 / 6)) return journey
  journey.leaveEmail(later(0), email, chance.pick(forms), { firstName })
  if (chance.happens(0.35)) {
    journey.imported(later(chance.integer(4, 20)), { ...chance.pick(importedTouches), email })
  }
  if (chance.happens(0.55)) {
    journey
      .on(chance.pick(['desktop', 'phone']), `demo-${index}-${number}-second`)
      .visit(later(chance.integer(1, 21)), arrivals.direct)
      .signUp(at + 5 * minuteMs, `u-${index}-${number}`, { email, firstName })
      .joinAccount(at + 7 * minuteMs, account, traits)
    for (let acts = chance.integer(1, 6); acts > 0; acts -= 1) {
      journey.act(later(chance.integer(1, 9)), chance.pick(actions), { people: chance.integer(1, 9) })
    }
  }
  return journey
}

const plans = ['trial', 'team', 'business']
const forms = ['Newsletter', 'Webinar', 'Demo Request', 'Whitepaper']
const actions = ['Source Connected', 'Report Created', 'Report Shared', 'Invite Sent', 'Alert Set']
const importedTouches = [
  { kind: 'offline', channel: 'Event', source: 'fair-scans', event: 'Met At Fair' },
  { kind: 'offline', channel: 'Webinar', source: 'webinar', event: 'Webinar Attended' },
  { kind: 'crm', channel: 'Sales', source: 'crm', event: 'Call Logged' },
  { kind: 'email', channel: 'Email', source: 'mail-tool', event: 'Email Clicked' },
  { kind: 'ad', channel: 'Paid Social', source: 'linkedin-ads', event: 'Lead Form Sent' },
] as const
const firstNames = [
  'Mia',
  'Noah',
  'Lena',
  'Omar',
  'Ines',
  'Tom',
  'Yuki',
  'Sara',
  'Finn',
  'Aisha',
  'Paul',
  'Nora',
  'Hugo',
  'Elif',
]
export const accountNames = [
  ...['Birch Banking', 'Coral Marine', 'Dune Solar', 'Elm Architects', 'Flint Tools', 'Grove Organics'],
  ...['Harbor Rail', 'Iris Eyewear', 'Juno Wines', 'Koi Gardens', 'Larch Timber', 'Moss Outdoor'],
  ...['Nectar Drinks', 'Opal Dental', 'Petrel Drones', 'Quill Press', 'Rowan Bikes', 'Sable Fashion'],
  ...['Teal Software', 'Ursa Mining', 'Vireo Radio', 'Wren Nurseries', 'Yew Furniture', 'Zinc Plating'],
  ...['Alder Bridges', 'Briar Bakery', 'Clover Dairy', 'Drift Surf'],
]
