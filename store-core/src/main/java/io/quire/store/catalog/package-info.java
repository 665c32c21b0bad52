/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The catalog: which states a store has, how they are encoded, where their tables are. In pages like everything else.
 */
package io.quire.store.catalog;
