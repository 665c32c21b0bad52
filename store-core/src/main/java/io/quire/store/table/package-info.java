/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Hash tables in paged memory: {@link io.quire.store.table.FixedTable} with entries inline, {@link
 * io.quire.store.table.RecordTable} with records in a heap of size classes. Both grow and shrink by one 64 KiB segment
 * at a time through a directory of hash prefixes. Descriptors own all offsets; everything that must survive is in
 * pages.
 */
package io.quire.store.table;
