/** A step of a program as people read it, in English or Japanese: what it does, and where it leads. */
import type { ProgramBody } from './definitions.js'
import { phraseOf, timeIn, type Language, type Sentences } from './sentence.js'

type Step = ProgramBody['steps'][number]
type Act = Extract<Step, { act: unknown }>['act']

/** Both languages; without a full stop. */
export const sentencesOfStep = (step: Step): Sentences => ({
  en: sentenceOfStep(step, 'en'),
  ja: sentenceOfStep(step, 'ja'),
})

function sentenceOfStep(step: Step, language: Language): string {
  const say = words[language]
  if ('wait' in step) return say.wait(timeIn(step.wait, language))
  if ('waitUntil' in step) {
    const until =
      typeof step.waitUntil === 'string'
        ? say.clock(step.waitUntil)
        : say.until(phraseOf(step.waitUntil, language))
    return step.timeout === undefined ? until : say.timeout(until, timeIn(step.timeout, language))
  }
  if ('branch' in step) {
    const ways = step.branch.map(({ when, to }) => say.way(phraseOf(when, language), to))
    return say.branch(ways, step.else)
  }
  if ('act' in step) return sentenceOfAct(step.act, language)
  return say.exit(step.exit)
}

function sentenceOfAct(act: Act, language: Language): string {
  const say = words[language]
  if ('webhook' in act) return say.webhook(act.webhook)
  if ('handOff' in act) return say.handOff(act.handOff)
  if ('addToSegment' in act) return say.addToSegment(act.addToSegment)
  return say.setTrait(act.setTrait.name, JSON.stringify(act.setTrait.value))
}

interface StepWords {
  wait: (time: string) => string
  clock: (time: string) => string
  until: (condition: string) => string
  timeout: (until: string, time: string) => string
  way: (condition: string, to: string) => string
  branch: (ways: readonly string[], otherwise: string) => string
  webhook: (endpoint: string) => string
  handOff: (score: string) => string
  addToSegment: (segment: string) => string
  setTrait: (name: string, value: string) => string
  exit: (why: string) => string
}

const words: Record<Language, StepWords> = {
  en: {
    wait: (time) => `Waits ${time}`,
    clock: (time) => `Waits until ${time}`,
    until: (condition) => `Waits until: ${condition}`,
    timeout: (until, time) => `${until}; goes on after ${time} in any case`,
    way: (condition, to) => `→ ${to} if ${condition}`,
    branch: (ways, otherwise) => `Goes on ${[...ways, `else → ${otherwise}`].join('; ')}`,
    webhook: (endpoint) => `Sends to ${endpoint}`,
    handOff: (score) => `Hands off to sales, with the reasons of score ${score}`,
    addToSegment: (segment) => `Adds to segment ${segment}`,
    setTrait: (name, value) => `Sets ${name} to ${value}`,
    exit: (why) => `Ends: ${why}`,
  },
  ja: {
    wait: (time) => `${time}待つ`,
    clock: (time) => `${time}まで待つ`,
    until: (condition) => `次の条件まで待つ：${condition}`,
    timeout: (until, time) => `${until}（遅くとも${time}後に進む）`,
    way: (condition, to) => `${condition}なら→${to}`,
    branch: (ways, otherwise) => [...ways, `それ以外→${otherwise}`].join('、'),
    webhook: (endpoint) => `${endpoint}へ送る`,
    handOff: (score) => `スコア${score}の理由を添えて営業に引き渡す`,
    addToSegment: (segment) => `セグメント${segment}に加える`,
    setTrait: (name, value) => `${name}を${value}にする`,
    exit: (why) => `終了：${why}`,
  },
}
