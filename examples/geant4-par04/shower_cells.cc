// Fills the cells of a calorimeter with generated showers and writes what they hold.
//
//   shower_cells MODEL.onnx EVENTS ENERGY_GEV [SEED [PDG]]   particles along the beam, one pitch wide
//   shower_cells MODEL.onnx --replay INPUTS OUTPUT            given inputs (float32, event after event), for checks

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "OnnxInference.hh"

namespace {

constexpr int kElectron = 11;
constexpr int kBatch = 100;

// The pitch of a regular grid; of other cells the widest.
double CellWidth(const OnnxInference& aModel, const std::string& aAxis)
{
  const auto& texts = aModel.Description();
  const auto pitch = texts.find("cells.pitch_" + aAxis + "_mm");
  if (pitch != texts.end()) return std::stod(pitch->second);
  std::istringstream widths(texts.at("cells.widths_" + aAxis + "_mm"));
  double widest = 0.0;
  for (double width; widths >> width;) widest = std::max(widest, width);
  return widest;
}

int Simulate(OnnxInference& aModel, int aEvents, double aEnergy, unsigned aSeed, int aPdg)
{
  const std::array<double, 3> direction{0.0, 0.0, 1.0};
  if (!aModel.Covers(aPdg, aEnergy, direction)) {
    std::cerr << "shower_cells: the model was not trained on such particles: leave them to Geant4\n";
    return 2;
  }
  std::mt19937_64 engine(aSeed);
  const double halfX = 0.5 * CellWidth(aModel, "x"), halfY = 0.5 * CellWidth(aModel, "y");
  std::uniform_real_distribution<double> beamX(-halfX, halfX), beamY(-halfY, halfY);
  std::vector<double> mean(aModel.Cells(), 0.0), energies;
  std::vector<double> totals;
  const auto began = std::chrono::steady_clock::now();
  for (int done = 0; done < aEvents; done += kBatch) {
    const int events = std::min(kBatch, aEvents - done);
    std::vector<float> inputs;
    for (int event = 0; event < events; ++event) {
      const std::array<double, 3> position{beamX(engine), beamY(engine), -1.0};
      const auto one = aModel.GenVector(aPdg, aEnergy, direction, position, engine);
      inputs.insert(inputs.end(), one.begin(), one.end());
    }
    aModel.RunInference(inputs, energies, events * aModel.Cells());
    for (int event = 0; event < events; ++event) {
      double total = 0.0;
      for (int cell = 0; cell < aModel.Cells(); ++cell) {
        const double energy = energies[event * aModel.Cells() + cell];
        total += energy;
        mean[cell] += energy / aEvents;
      }
      totals.push_back(total);
    }
  }
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - began;
  double sum = 0.0, squares = 0.0;
  for (const double total : totals) {
    sum += total;
    squares += total * total;
  }
  const double average = sum / aEvents;
  std::printf("model %s\nevents %d\n", aModel.Description().at("name").c_str(), aEvents);
  std::printf("total_mev mean %.4f rms %.4f\n", average, std::sqrt(std::max(0.0, squares / aEvents - average * average)));
  std::printf("ms_per_shower %.4f\n", spent.count() / aEvents);
  for (int cell = 0; cell < aModel.Cells(); ++cell) std::printf("cell %d mean_mev %.6f\n", cell, mean[cell]);
  return 0;
}

int Replay(OnnxInference& aModel, const std::string& aInputs, const std::string& aOutput)
{
  std::ifstream from(aInputs, std::ios::binary | std::ios::ate);
  if (!from) throw std::runtime_error(aInputs + ": cannot be read");
  std::vector<float> inputs(static_cast<size_t>(from.tellg()) / sizeof(float));
  from.seekg(0);
  from.read(reinterpret_cast<char*>(inputs.data()), static_cast<std::streamsize>(inputs.size() * sizeof(float)));
  const int events = static_cast<int>(inputs.size()) / aModel.InputSize();
  std::vector<double> energies;
  aModel.RunInference(inputs, energies, events * aModel.Cells());
  std::ofstream to(aOutput, std::ios::binary);
  to.write(reinterpret_cast<const char*>(energies.data()), static_cast<std::streamsize>(energies.size() * sizeof(double)));
  if (!to) throw std::runtime_error(aOutput + ": cannot be written");
  return 0;
}

}  // namespace

int main(int argc, char** argv)
{
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 4 && words[1] == "--replay") {
      OnnxInference model(words[0]);
      return Replay(model, words[2], words[3]);
    }
    if (words.size() >= 3 && words.size() <= 5) {
      OnnxInference model(words[0]);
      const unsigned seed = words.size() > 3 ? std::stoul(words[3]) : 1;
      const int pdg = words.size() > 4 ? std::stoi(words[4]) : kElectron;
      return Simulate(model, std::stoi(words[1]), 1000.0 * std::stod(words[2]), seed, pdg);
    }
  }
  catch (const std::exception& problem) {
    std::cerr << "shower_cells: " << problem.what() << '\n';
    return 2;
  }
  std::cerr << "usage: shower_cells MODEL.onnx EVENTS ENERGY_GEV [SEED [PDG]]\n"
               "       shower_cells MODEL.onnx --replay INPUTS OUTPUT\n";
  return 2;
}
