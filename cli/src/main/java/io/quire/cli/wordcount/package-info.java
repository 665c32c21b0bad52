/* SPDX-License-Identifier: Apache-2.0 */
/**
 * {@code quire wordcount}: counts words so that a process killed at any instant, and started again, ends with exactly
 * the right counts. A scanner cuts inputs into chunks and chunks into words; the ledger applies each chunk to the
 * store as one batch, counts and position together; the printer sorts what is in the store.
 */
package io.quire.cli.wordcount;
