// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Descriptors 0 to 2 stay what they are for, in a program that is started without one of them: the
// next file opened would take its number, and get what is meant for it or be read in its place.

#ifndef SLUICE_BASE_STANDARD_DESCRIPTORS_H_
#define SLUICE_BASE_STANDARD_DESCRIPTORS_H_

namespace sluice {

// Puts in the place of each that is closed what cannot be read, as if it were closed still, and
// what forgets what is written. A library may open a file in an initializer, as gRPC does: to be
// called before those, from .preinit_array.
void KeepStandardNumbers();

// Whether standard output was there before.
bool HadStandardOutput();

}  // namespace sluice

#endif  // SLUICE_BASE_STANDARD_DESCRIPTORS_H_
