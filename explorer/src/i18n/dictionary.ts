/** Words in every language, typed: what the English has and another language has not is a type error. */
import { usePreferences } from '../preferences.js'
import type { Language } from './language.js'

type Entry = string | ((...values: never[]) => string)
type Same<One> = One extends string ? string : One
type Translated<Words> = { readonly [Name in keyof Words]: Same<Words[Name]> }
export type Dictionary<Words> = Record<Language, Translated<Words>>

/** A screen keeps its dictionary beside it, so that its words come with its chunk. */
export function dictionary<const Words extends Record<string, Entry>>(words: {
  en: Words
  ja: { readonly [Name in keyof Words]: Same<Words[Name]> }
}): Dictionary<Words> {
  return words as Dictionary<Words>
}

export function useWords<Words>(words: Dictionary<Words>): Translated<Words> {
  return words[usePreferences().language]
}
