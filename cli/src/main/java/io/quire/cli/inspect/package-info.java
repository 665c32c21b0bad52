/* SPDX-License-Identifier: Apache-2.0 */
/**
 * {@code quire inspect} and {@code quire verify}: what is in a store, and whether every byte of it is as it was
 * written. Both read only, and may look at a store that is open.
 */
package io.quire.cli.inspect;
