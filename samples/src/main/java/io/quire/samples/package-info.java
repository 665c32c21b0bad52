/* SPDX-License-Identifier: Apache-2.0 */
/** Small programs that show how the library is used. Each runs without arguments and cleans up after itself. */
package io.quire.samples;
