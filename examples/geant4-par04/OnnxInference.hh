#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <onnxruntime_c_api.h>

#include "InferenceInterface.hh"

/// Generator of showers from a file that `showerkit export` wrote. What the inputs are, of which law its random
/// numbers, how many cells there are and what particles it knows, all this it reads from the file.
class OnnxInference : public InferenceInterface
{
 public:
  /// Load a file.
  /// @param[in] aPath The file
  /// @param[in] aThreads Processor cores to use; 0: all
  explicit OnnxInference(const std::string& aPath, int aThreads = 1);

  void RunInference(std::vector<float> aGenVector, std::vector<double>& aEnergies, int aSize) override;

  /// Whether the model was trained on such particles; let Geant4 track those that it was not.
  /// @param[in] aPdg Particle Data Group code
  /// @param[in] aEnergy Kinetic energy in MeV
  /// @param[in] aDirection Unit vector; the beam goes along z
  bool Covers(int aPdg, double aEnergy, const std::array<double, 3>& aDirection) const;

  /// Inputs of one event, random numbers included, to be put one after another for several.
  /// @param[in] aPdg Particle Data Group code
  /// @param[in] aEnergy Kinetic energy in MeV
  /// @param[in] aDirection Unit vector
  /// @param[in] aPosition Any point of the line of flight in front of the calorimeter, in mm
  /// @param[in,out] aEngine Source of random numbers
  std::vector<float> GenVector(int aPdg, double aEnergy, const std::array<double, 3>& aDirection,
                               const std::array<double, 3>& aPosition, std::mt19937_64& aEngine) const;

  /// Numbers that an event takes, and cells that it gives.
  int InputSize() const { return fInputSize; }
  int Cells() const { return fCells; }

  /// What the file says of itself, text by key.
  const std::map<std::string, std::string>& Description() const { return fDescription; }

 private:
  struct Input
  {
    std::string name, role, law;
    int width;
    bool integer;
  };

  void ReadDescription();
  void ReadInputs();
  const std::string& Text(const std::string& aKey) const;
  std::vector<double> Numbers(const std::string& aKey) const;
  void Check(OrtStatus* aStatus) const;
  std::string Taken(char* aText) const;

  template <typename T>
  using Handle = std::unique_ptr<T, void (*)(T*)>;

  const OrtApi* fApi;
  OrtAllocator* fAllocator = nullptr;
  Handle<OrtEnv> fEnvironment;
  Handle<OrtSession> fSession;
  Handle<OrtMemoryInfo> fMemory;
  std::map<std::string, std::string> fDescription;
  std::vector<Input> fInputs;
  std::string fOutput;
  int fInputSize = 0, fCells = 0;
};
