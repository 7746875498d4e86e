#pragma once

#include <vector>

/// What a fast simulation asks for, in the form of Geant4's example Par04: numbers in, cell energies out.
class InferenceInterface
{
 public:
  virtual ~InferenceInterface() = default;

  /// Make showers.
  /// @param[in] aGenVector Inputs of one event, or of several one after another
  /// @param[out] aEnergies Energies of their cells in MeV, one event after another
  /// @param[in] aSize Number of energies that are expected
  virtual void RunInference(std::vector<float> aGenVector, std::vector<double>& aEnergies, int aSize) = 0;
};
