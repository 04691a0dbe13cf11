/** When two names are one: by letters, marks, digits and the signs that carry meaning. */

const notCompared = /[^\p{L}\p{M}\p{N}+\-#%&]+/gu
// Hyphens and the minus sign that NFKC leaves as they are.
const hyphens = /[\u2010\u2011\u2212]/g

/** `Demo Requested`, `demo_requested`, `demoRequested` and `ＤＥＭＯ requested` are one name; `C`, `C++` and `C#` are three. */
export function comparableName(name: string): string {
  const folded = foldCase(name.normalize('NFKC').replace(hyphens, '-'))
  return folded.replace(notCompared, '')
}

// Of the capital dotless i becomes a plain one, which is another letter.
const notDotless = /[^ı]+/gu

/** Unicode's full case folding: `STRASSE` is `straße`, a final sigma is a sigma. */
function foldCase(text: string): string {
  const folded = text.toLowerCase().replace(notDotless, (part) => part.toUpperCase().toLowerCase())
  return folded.replaceAll('ς', 'σ').normalize('NFKC')
}
