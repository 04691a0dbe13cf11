/** Calls of the C library, for what Node does not offer. Numbers and buffers in, a number or a text out. */
'use strict'
const { DataType, load, open } = require('ffi-rs')

let isOpen = false

/** Returns what the function returns, as a number. */
const call = (name, ...values) => callAs(DataType.I64, name, values)

/** For functions that return a C string. */
const callForText = (name, ...values) => callAs(DataType.String, name, values)

function callAs(retType, funcName, paramsValue) {
  // The process itself: it has the C library in it.
  if (!isOpen) open({ library: 'libc', path: '' })
  isOpen = true
  return load({ library: 'libc', funcName, retType, paramsType: paramsValue.map(typeOf), paramsValue })
}

function typeOf(value) {
  if (Buffer.isBuffer(value)) return DataType.U8Array
  return typeof value === 'string' ? DataType.String : DataType.I64
}

module.exports = { call, callForText }
