/** A condition as people read it: one sentence in English or Japanese. Pure; the screens and the API share it. */
import type {
  Condition,
  CountOp,
  PropertyFilter,
  Scalar,
  Touch,
  TouchCondition,
  ValueOp,
} from './conditions.js'

export type Language = 'en' | 'ja'

/** Without a full stop; nested parts stand in parentheses. */
export function sentenceOf(condition: Condition, language: Language = 'en'): string {
  const text = phraseOf(condition, language)
  return language === 'en' ? text.charAt(0).toUpperCase() + text.slice(1) : text
}

/** The same to stand inside another sentence. */
export const phraseOf = (condition: Condition, language: Language): string => words[language](condition)

export type Sentences = Record<Language, string>
export const sentencesOf = (condition: Condition): Sentences => ({
  en: sentenceOf(condition, 'en'),
  ja: sentenceOf(condition, 'ja'),
})

const words: Record<Language, (condition: Condition) => string> = { en: english, ja: japanese }

const unitsEn = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' } as const
const unitsJa = { s: '秒', m: '分', h: '時間', d: '日', w: '週間' } as const

function timeEn(duration: string): string {
  const n = Number.parseInt(duration, 10)
  const unit = unitsEn[duration.slice(-1) as keyof typeof unitsEn]
  return `${n} ${unit}${n === 1 ? '' : 's'}`
}
const timeJa = (duration: string) =>
  `${Number.parseInt(duration, 10)}${unitsJa[duration.slice(-1) as keyof typeof unitsJa]}`

/** `3d` as 3 days. */
export const timeIn = (duration: string, language: Language): string =>
  language === 'en' ? timeEn(duration) : timeJa(duration)

const shown = (value: Scalar | Scalar[] | undefined, language: Language): string => {
  const [open, close] = language === 'en' ? ['“', '”'] : ['「', '」']
  if (Array.isArray(value))
    return value.map((one) => shown(one, language)).join(language === 'en' ? ', ' : '、')
  return typeof value === 'string' ? `${open}${value}${close}` : String(value)
}
const en = (value: Scalar | Scalar[] | undefined) => shown(value, 'en')
const ja = (value: Scalar | Scalar[] | undefined) => shown(value, 'ja')

const isCompound = (condition: Condition) => 'all' in condition || 'any' in condition
const nested = (condition: Condition, language: Language, many: boolean) => {
  const text = words[language](condition)
  if (!many || !isCompound(condition)) return text
  return language === 'en' ? `(${text})` : `（${text}）`
}

const opsEn: Record<ValueOp, (value: string) => string> = {
  eq: (value) => `is ${value}`,
  ne: (value) => `is not ${value}`,
  in: (value) => `is one of ${value}`,
  contains: (value) => `contains ${value}`,
  startsWith: (value) => `starts with ${value}`,
  gt: (value) => `is over ${value}`,
  gte: (value) => `is at least ${value}`,
  lt: (value) => `is under ${value}`,
  lte: (value) => `is at most ${value}`,
  exists: () => 'is known',
  matches: (value) => `matches ${value}`,
}
const opsJa: Record<ValueOp, (value: string) => string> = {
  eq: (value) => `が${value}である`,
  ne: (value) => `が${value}ではない`,
  in: (value) => `が${value}のいずれかである`,
  contains: (value) => `に${value}を含む`,
  startsWith: (value) => `が${value}で始まる`,
  gt: (value) => `が${value}を超える`,
  gte: (value) => `が${value}以上である`,
  lt: (value) => `が${value}未満である`,
  lte: (value) => `が${value}以下である`,
  exists: () => 'がわかっている',
  matches: (value) => `が正規表現${value}に一致する`,
}

interface Compared {
  op: ValueOp
  value?: Scalar | Scalar[] | undefined
}
const comparedEn = ({ op, value }: Compared) =>
  op === 'exists' && value === false ? 'is not known' : opsEn[op](en(value))
const comparedJa = ({ op, value }: Compared) =>
  op === 'exists' && value === false ? 'がわかっていない' : opsJa[op](ja(value))

const countsEn: Record<CountOp, (n: string) => string> = {
  eq: (n) => `exactly ${n}`,
  ne: (n) => `not exactly ${n}`,
  gt: (n) => `more than ${n}`,
  gte: (n) => `at least ${n}`,
  lt: (n) => `fewer than ${n}`,
  lte: (n) => `at most ${n}`,
}
const countsJa: Record<CountOp, (n: string) => string> = {
  eq: (n) => `ちょうど${n}`,
  ne: (n) => `${n}以外`,
  gt: (n) => `${n}より多く`,
  gte: (n) => `${n}以上`,
  lt: (n) => `${n}未満`,
  lte: (n) => `${n}以下`,
}

const kindsEn: Record<NonNullable<Touch['kind']>, string> = {
  visit: 'a visit',
  action: 'an action',
  identified: 'an identification',
  joined_account: 'a joining of an account',
  offline: 'an offline contact',
  email: 'an email',
  ad: 'an ad',
  crm: 'a CRM entry',
}
const kindsJa: Record<NonNullable<Touch['kind']>, string> = {
  visit: '訪問',
  action: '行動',
  identified: '本人の特定',
  joined_account: 'アカウントへの参加',
  offline: 'オフラインの接点',
  email: 'メール',
  ad: '広告',
  crm: 'CRMの記録',
}

/** “Demo Requested” by way of Paid Search on /pricing. */
function touchEn(touch: Touch): string {
  const { kind, name, channel, source, medium, campaign, page, referrerHost, where, direction, verified } =
    touch
  const what =
    name === undefined
      ? kind === undefined
        ? 'a touch'
        : kindsEn[kind]
      : kind === undefined || kind === 'action'
        ? en(name)
        : `${kindsEn[kind]} ${en(name)}`
  return [
    what,
    ...(direction === undefined ? [] : [direction === 'inbound' ? 'from them' : 'from us']),
    ...(channel === undefined ? [] : [`by way of ${channel}`]),
    ...(source === undefined ? [] : [`from source ${en(source)}`]),
    ...(medium === undefined ? [] : [`by medium ${en(medium)}`]),
    ...(campaign === undefined ? [] : [`of campaign ${en(campaign)}`]),
    ...(page === undefined ? [] : [`on page ${en(page)}`]),
    ...(referrerHost === undefined ? [] : [`referred by ${en(referrerHost)}`]),
    ...(where ?? []).map((filter: PropertyFilter) => `whose ${filter.property} ${comparedEn(filter)}`),
    ...(verified === undefined ? [] : ['with proof']),
  ].join(' ')
}

function touchJa(touch: Touch): string {
  const { kind, name, channel, source, medium, campaign, page, referrerHost, where, direction, verified } =
    touch
  const what =
    name === undefined
      ? kind === undefined
        ? '接点'
        : kindsJa[kind]
      : kind === undefined || kind === 'action'
        ? ja(name)
        : `${kindsJa[kind]}${ja(name)}`
  const before = [
    ...(verified === undefined ? [] : ['検証済みの']),
    ...(where ?? []).map((filter: PropertyFilter) => `${filter.property}${comparedJa(filter)}`),
    ...(direction === undefined ? [] : [direction === 'inbound' ? '相手からの' : 'こちらからの']),
    ...(channel === undefined ? [] : [`チャネル${ja(channel)}経由の`]),
    ...(source === undefined ? [] : [`参照元${ja(source)}の`]),
    ...(medium === undefined ? [] : [`メディア${ja(medium)}の`]),
    ...(campaign === undefined ? [] : [`キャンペーン${ja(campaign)}の`]),
    ...(page === undefined ? [] : [`ページ${ja(page)}での`]),
    ...(referrerHost === undefined ? [] : [`${ja(referrerHost)}から来た`]),
  ]
  return `${before.join('')}${what}`
}

const distinctEn = (distinct: string, isOne: boolean) =>
  distinct === 'person'
    ? isOne
      ? 'person'
      : 'different people'
    : isOne
      ? distinct
      : `different ${distinct}s`
const distinctJa: Record<string, string> = {
  page: '種類のページ',
  day: '日',
  person: '人',
  name: '種類の名前',
  channel: '種類のチャネル',
  source: '種類の参照元',
  medium: '種類のメディア',
  campaign: '種類のキャンペーン',
  kind: '種類の接点',
}

function touchConditionEn({ touch, count, distinct, within, between, by }: TouchCondition): string {
  const many =
    count === undefined
      ? ''
      : distinct === undefined
        ? ` ${countsEn[count.op](String(count.n))} time${count.n === 1 ? '' : 's'}`
        : ` with ${countsEn[count.op](String(count.n))} ${distinctEn(distinct, count.n === 1)}`
  const when =
    within !== undefined
      ? ` in the last ${timeEn(within)}`
      : between !== undefined
        ? ` from ${between[0]} to before ${between[1]}`
        : ''
  return `had ${touchEn(touch)}${many}${by === 'same person' ? ' by one and the same person' : ''}${when}`
}

function touchConditionJa({ touch, count, distinct, within, between, by }: TouchCondition): string {
  const unit = distinct === undefined ? '回' : (distinctJa[distinct] ?? '')
  const many = count === undefined ? '' : `${countsJa[count.op](`${count.n}${unit}`)}`
  const when =
    within !== undefined
      ? `直近${timeJa(within)}に`
      : between !== undefined
        ? `${between[0]}から${between[1]}の前までに`
        : ''
  return `${when}${by === 'same person' ? '同じ人による' : ''}${touchJa(touch)}が${many}あった`
}

function english(condition: Condition): string {
  if ('all' in condition)
    return condition.all.map((one) => nested(one, 'en', condition.all.length > 1)).join(' and ')
  if ('any' in condition)
    return condition.any.map((one) => nested(one, 'en', condition.any.length > 1)).join(' or ')
  if ('not' in condition) return `not so: ${nested(condition.not, 'en', true)}`
  if ('touch' in condition) return touchConditionEn(condition)
  if ('sequence' in condition) {
    const { sequence, within, without } = condition
    const apart = within === undefined ? '' : ` within ${timeEn(within)}`
    const none = without === undefined ? '' : ` without ${without.map(touchEn).join(' or ')} between them`
    return `had ${sequence.map(touchEn).join(', then ')}${apart}${none}`
  }
  if ('trait' in condition) return `${condition.trait} ${comparedEn(condition)}`
  if ('accountTrait' in condition) return `the account’s ${condition.accountTrait} ${comparedEn(condition)}`
  if ('stage' in condition) {
    const { stage, op } = condition
    const since = condition.for === undefined ? '' : ` for at least ${timeEn(condition.for)}`
    return op === 'is'
      ? `is in stage ${en(stage)}${since}`
      : op === 'reached'
        ? `reached stage ${en(stage)}${condition.for === undefined ? '' : ` at least ${timeEn(condition.for)} ago`}`
        : `has not reached stage ${en(stage)}`
  }
  if ('score' in condition)
    return `score ${en(condition.score)} is ${countsEn[condition.op](String(condition.n))}`
  if ('segment' in condition) return `is in segment ${en(condition.segment)}`
  if ('silentFor' in condition)
    return condition.direction === 'inbound'
      ? `has said nothing for ${timeEn(condition.silentFor)}`
      : `has been silent for ${timeEn(condition.silentFor)}`
  if ('people' in condition) {
    const { op, n } = condition.people
    return `has ${countsEn[op](String(n))} ${n === 1 ? 'person' : 'people'}`
  }
  if ('firstSeen' in condition) return `was first seen in the last ${timeEn(condition.firstSeen.within)}`
  return `was last seen in the last ${timeEn(condition.lastSeen.within)}`
}

function japanese(condition: Condition): string {
  if ('all' in condition)
    return condition.all.map((one) => nested(one, 'ja', condition.all.length > 1)).join('、かつ')
  if ('any' in condition)
    return condition.any.map((one) => nested(one, 'ja', condition.any.length > 1)).join('、または')
  if ('not' in condition) return `「${japanese(condition.not)}」ということはない`
  if ('touch' in condition) return touchConditionJa(condition)
  if ('sequence' in condition) {
    const { sequence, within, without } = condition
    const apart = within === undefined ? '' : `${timeJa(within)}以内に`
    const none = without === undefined ? '' : `、間に${without.map(touchJa).join('や')}をはさまず`
    return `${apart}${sequence.map(touchJa).join('、次に')}の順に${none}あった`
  }
  if ('trait' in condition) return `${condition.trait}${comparedJa(condition)}`
  if ('accountTrait' in condition) return `アカウントの${condition.accountTrait}${comparedJa(condition)}`
  if ('stage' in condition) {
    const { stage, op } = condition
    const since = condition.for
    return op === 'is'
      ? `${since === undefined ? '' : `${timeJa(since)}以上`}ステージ${ja(stage)}にいる`
      : op === 'reached'
        ? `${since === undefined ? '' : `${timeJa(since)}以上前に`}ステージ${ja(stage)}に到達した`
        : `ステージ${ja(stage)}に到達していない`
  }
  if ('score' in condition)
    return `スコア${ja(condition.score)}が${countsJa[condition.op](String(condition.n))}である`
  if ('segment' in condition) return `セグメント${ja(condition.segment)}に入っている`
  if ('silentFor' in condition)
    return condition.direction === 'inbound'
      ? `${timeJa(condition.silentFor)}以上相手からの連絡がない`
      : `${timeJa(condition.silentFor)}以上接点がない`
  if ('people' in condition) {
    const { op, n } = condition.people
    return `関わる人が${countsJa[op](`${n}人`)}いる`
  }
  if ('firstSeen' in condition) return `直近${timeJa(condition.firstSeen.within)}に初めて現れた`
  return `直近${timeJa(condition.lastSeen.within)}に現れた`
}
