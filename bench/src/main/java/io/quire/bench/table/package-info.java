/* SPDX-License-Identifier: Apache-2.0 */
/** What a contestant must be able to do, and the keys and values that all of them are given. */
package io.quire.bench.table;
