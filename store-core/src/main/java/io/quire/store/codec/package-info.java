/* SPDX-License-Identifier: Apache-2.0 */
/** Codecs: how keys and values become bytes and back. */
package io.quire.store.codec;
