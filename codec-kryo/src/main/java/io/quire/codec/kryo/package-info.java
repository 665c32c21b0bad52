/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Kryo 5 as a codec, for classes that the built-in codecs do not write. Every class is registered with a number;
 * nothing is ever loaded by a name that was read.
 */
package io.quire.codec.kryo;
